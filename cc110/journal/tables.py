"""Every table that is made from the journal."""

from cc110.journal.blocks import BlocksReader
from cc110.journal.calls import CallsReader
from cc110.journal.cases import CasesReader
from cc110.journal.history import BlockStepsReader
from cc110.journal.readers import TableReader
from cc110.journal.recordings import RecordingsReader


def all_tables() -> list[TableReader]:
    """A reader for each table; whoever writes the journal runs them all."""
    return [CallsReader(), CasesReader(), BlocksReader(), BlockStepsReader(), RecordingsReader()]
