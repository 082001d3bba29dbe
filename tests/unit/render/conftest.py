"""A site with PBX files for each test."""

from pathlib import Path

import pytest

from tests.unit.config.site_copy import SiteCopy


@pytest.fixture
def site(tmp_path: Path) -> SiteCopy:
    """The demo site with dialplan and PBX configuration in a folder of its own."""
    return SiteCopy.under(tmp_path).with_pbx_files()
