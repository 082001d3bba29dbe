"""The closed vocabularies in words, Indonesian and English."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from cc110.core.words import (
    AgentState,
    CallbackOutcome,
    ClimbWho,
    EndedBy,
    Language,
    LeaveCause,
    MenuChoice,
    NumberSource,
    OriginBy,
    OverflowReason,
    Supervision,
    SyntheticFault,
    SyntheticStage,
    TransferFailure,
    TransferKind,
    Verdict,
)
from cc110.journal.rows import Outcome

Pair = tuple[str, str]
"""Indonesian and English."""

# By kind: values of different kinds may be spelled alike, and then a StrEnum holds them for equal.
WORDS: Final[Mapping[type[StrEnum], Mapping[StrEnum, Pair]]] = {
    Verdict: {
        Verdict.VALID: ("valid", "valid"),
        Verdict.NOT_VALID: ("tidak valid", "not valid"),
        Verdict.PRANK: ("iseng (prank)", "prank"),
        Verdict.SILENT: ("tanpa suara", "silent"),
    },
    MenuChoice: {
        MenuChoice.EMERGENCY: ("darurat", "emergency"),
        MenuChoice.COMPLAINT: ("pengaduan", "complaint"),
        MenuChoice.INFORMATION: ("informasi", "information"),
        MenuChoice.CANNOT_SPEAK: ("tidak dapat bicara", "cannot speak"),
    },
    Language: {
        Language.INDONESIAN: ("bahasa Indonesia", "Indonesian"),
        Language.ENGLISH: ("bahasa Inggris", "English"),
    },
    NumberSource: {
        NumberSource.ASSERTED: ("dijamin trunk", "vouched for by the trunk"),
        NumberSource.CLAIMED: ("tidak dijamin", "only claimed"),
        NumberSource.NONE: ("tanpa nomor", "none"),
    },
    OriginBy: {
        OriginBy.DIALLED: ("nomor yang dihubungi", "the number dialled"),
        OriginBy.LOCATION: ("lokasi", "location"),
        OriginBy.AREA_CODE: ("kode area", "area code"),
        OriginBy.TRUNK: ("trunk", "trunk"),
        OriginBy.DEFAULT: ("bawaan situs", "the site's default"),
    },
    TransferKind: {
        TransferKind.JOIN: ("sambung bertiga", "join"),
        TransferKind.BLIND: ("alih langsung", "blind"),
        TransferKind.ATTENDED: ("alih setelah bicara", "attended"),
    },
    TransferFailure: {
        TransferFailure.NO_ANSWER: ("tidak menjawab", "did not answer"),
        TransferFailure.BUSY: ("sibuk", "was busy"),
        TransferFailure.UNAVAILABLE: ("tidak dapat dihubungi", "could not be reached"),
        TransferFailure.DROPPED: ("menjawab lalu terputus", "answered and was gone again"),
        TransferFailure.CALLER_GONE: ("tidak sempat menjawab", "had no chance to answer"),
    },
    CallbackOutcome: {
        CallbackOutcome.ANSWERED: ("dijawab", "answered"),
        CallbackOutcome.NO_ANSWER: ("tidak dijawab", "no answer"),
        CallbackOutcome.BUSY: ("sibuk", "busy"),
        CallbackOutcome.UNAVAILABLE: ("tidak dapat dihubungi", "unavailable"),
        CallbackOutcome.CANCELLED: ("dibatalkan operator", "cancelled by the operator"),
        CallbackOutcome.CALLED_IN: ("ia menelepon sendiri", "he called by himself"),
    },
    ClimbWho: {
        ClimbWho.POLSEK: ("Polsek", "Polsek"),
        ClimbWho.POLRES: ("Polres", "Polres"),
        ClimbWho.POLDA: ("Polda", "the Polda"),
        ClimbWho.NEIGHBOURS: ("Polda tetangga", "the neighbouring Poldas"),
        ClimbWho.MABES: ("Mabes", "Mabes"),
        ClimbWho.NUMBER: ("nomor telepon cadangan", "the telephone number"),
    },
    OverflowReason: {
        OverflowReason.NOBODY: ("tidak ada petugas yang masuk", "nobody is logged in"),
        OverflowReason.NUMBER_FAILED: (
            "nomor cadangan tidak menerima",
            "the number did not take it",
        ),
    },
    LeaveCause: {
        LeaveCause.NORMAL: ("selesai", "left"),
        LeaveCause.LOST: ("terputus", "lost"),
    },
    EndedBy: {
        EndedBy.CALLER: ("penelepon", "the caller"),
        EndedBy.AGENT: ("operator", "the operator"),
        EndedBy.POLRES: ("Polres", "the Polres"),
        EndedBy.LOST: ("gangguan sambungan", "a lost line"),
    },
    Supervision: {
        Supervision.LISTEN: ("mendengarkan", "listens to"),
        Supervision.WHISPER: ("membisiki operator dalam", "whispers in"),
        Supervision.JOIN: ("ikut berbicara dalam", "joins"),
        Supervision.TAKE_OVER: ("mengambil alih", "takes over"),
    },
    AgentState: {
        AgentState.OFFLINE: ("tidak aktif", "offline"),
        AgentState.IDLE: ("siap", "idle"),
        AgentState.RINGING: ("berdering", "ringing"),
        AgentState.TALKING: ("berbicara", "talking"),
        AgentState.WRAP_UP: ("jeda usai panggilan", "wrap-up"),
        AgentState.PAUSED: ("istirahat", "paused"),
    },
    SyntheticStage: {
        SyntheticStage.TRUNK: ("trunk", "trunk"),
        SyntheticStage.GREETING: ("salam", "greeting"),
        SyntheticStage.QUEUE: ("antrean", "queue"),
        SyntheticStage.ANSWER: ("jawaban", "answer"),
        SyntheticStage.RECORDING: ("rekaman", "recording"),
    },
    SyntheticFault: {
        SyntheticFault.NO_PBX: ("PBX tidak menerima perintah", SyntheticFault.NO_PBX.value),
        SyntheticFault.NOT_LET_IN: ("panggilan tidak masuk", SyntheticFault.NOT_LET_IN.value),
        SyntheticFault.NOT_GREETED: (
            "salam pembuka tidak terdengar",
            SyntheticFault.NOT_GREETED.value,
        ),
        SyntheticFault.PROMPT_MISSING: (
            "ada rekaman suara yang tidak dapat diputar",
            SyntheticFault.PROMPT_MISSING.value,
        ),
        SyntheticFault.NOT_LED_ON: (
            "salam pembuka tidak selesai",
            SyntheticFault.NOT_LED_ON.value,
        ),
        SyntheticFault.NOT_QUEUED: ("antrean tidak tercapai", SyntheticFault.NOT_QUEUED.value),
        SyntheticFault.NOT_RUNG: ("antrean tidak berdering", SyntheticFault.NOT_RUNG.value),
        SyntheticFault.NOT_CONNECTED: (
            "yang menjawab tidak tersambung",
            SyntheticFault.NOT_CONNECTED.value,
        ),
        SyntheticFault.NOT_HEARD: (
            "yang menjawab tidak mendengar penelepon",
            SyntheticFault.NOT_HEARD.value,
        ),
        SyntheticFault.NOT_ENDED: ("panggilan tidak berakhir", SyntheticFault.NOT_ENDED.value),
        SyntheticFault.NO_RECORDER: (
            "rekaman tidak pernah dimulai",
            SyntheticFault.NO_RECORDER.value,
        ),
        SyntheticFault.NO_FILE: (
            "tidak ada rekaman yang dapat dibaca",
            SyntheticFault.NO_FILE.value,
        ),
        SyntheticFault.TOO_SHORT: (
            "rekaman tidak memuat seluruh panggilan",
            SyntheticFault.TOO_SHORT.value,
        ),
    },
    Outcome: {
        Outcome.LIVE: ("berlangsung", "live"),
        Outcome.REJECTED: ("ditolak (diblokir)", "rejected (blocked)"),
        Outcome.ABANDONED: ("ditinggal penelepon", "abandoned"),
        Outcome.LOST: ("terputus", "lost"),
        Outcome.ANSWERED: ("dijawab Polda", "answered"),
        Outcome.RETURNED: ("kembali ke Polda", "returned"),
        Outcome.TRANSFERRED: ("diterima Polres", "transferred"),
    },
}


def pick(pair: Pair, lang: Language) -> str:
    """One of the two languages."""
    return pair[0] if lang is Language.INDONESIAN else pair[1]


def word(value: StrEnum | None, lang: Language) -> str:
    """A value in words; as it is written where there are none, empty for None."""
    if value is None:
        return ""
    pair = WORDS.get(type(value), {}).get(value)
    return pick(pair, lang) if pair else value.value
