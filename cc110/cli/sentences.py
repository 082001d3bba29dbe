"""Every sentence about an event, Indonesian and English.

A name in braces is a field of the event, put in words; besides there are ``who`` (the caller, with
his number as far as it is known) and ``case`` (the case's short id).
"""

from collections.abc import Mapping
from typing import Final

from cc110.cli.words import Pair

# A key is the event's type; a variant of it, chosen by `_variant`, follows after a dot.
CATALOGUE: Final[Mapping[str, Pair]] = {
    "CallArrived": (
        "{who} menghubungi {dialled} lewat {trunk}, untuk {queue}",
        "{who} dials {dialled} through {trunk}, for {queue}",
    ),
    "CallArrived.callback": (
        "{who} ditelepon balik dan menjawab, untuk {queue}",
        "{who} is called back and answers, for {queue}",
    ),
    "CallbackClaimed": (
        "Operator {agent} akan menelepon balik {number} (dicatat oleh {by})",
        "Operator {agent} is to call back {number} (said by {by})",
    ),
    "CallbackMade": (
        "Operator {agent} menelepon balik {number}: {outcome}",
        "Operator {agent} calls back {number}: {outcome}",
    ),
    "CallbackDropped": (
        "Tidak perlu lagi menelepon balik {number}, oleh {by}: {reason}",
        "No callback to {number} is needed any more, by {by}: {reason}",
    ),
    "CallArrived.told": (
        "{who} menghubungi {dialled} lewat {trunk}, untuk {queue} menurut {origin} {origin_of}",
        "{who} dials {dialled} through {trunk}, for {queue} by {origin} {origin_of}",
    ),
    "CallArrived.placed": (
        "{who} menghubungi {dialled} lewat {trunk} dari {place}, untuk {queue} menurut {origin} {origin_of}",
        "{who} dials {dialled} through {trunk} from {place}, for {queue} by {origin} {origin_of}",
    ),
    "CallRejected": (
        "{who} ditolak: nomornya diblokir {until}",
        "{who} is rejected: the number is blocked {until}",
    ),
    "RecordingStarted": ("Rekaman dimulai", "Recording starts"),
    "MenuChosen": (
        "Pilihan menu penelepon: {choice}, {language}",
        "The caller's menu choice: {choice}, {language}",
    ),
    "CallQueued": (
        "{who} masuk ke antrean {queue}, prioritas {priority}",
        "{who} enters the queue {queue}, priority {priority}",
    ),
    "CallClimbed": (
        "Tidak ada yang menjawab: {rings} ikut berdering setelah {after_s} (tingkat {level})",
        "Nobody has answered: {rings} rings as well after {after_s} (level {level})",
    ),
    "CallOverflowed": (
        "{who} diberi tahu bahwa belum ada yang dapat melayani ({reason}); ia tetap di antrean",
        "{who} is told that nobody can take the call yet ({reason}), and stays in the queue",
    ),
    "AgentRang": ("Operator {agent} berdering", "Operator {agent} rings"),
    "AgentAnswered": (
        "Operator {agent} menjawab setelah {waited_s}",
        "Operator {agent} answers after {waited_s}",
    ),
    "VerdictGiven": (
        "Operator {agent} menilai panggilan ini {verdict}",
        "Operator {agent} judges the call {verdict}",
    ),
    "VerdictWithdrawn": (
        "Penilaian {verdict} dicabut oleh {by}: {reason}",
        "The verdict {verdict} is withdrawn by {by}: {reason}",
    ),
    "CaseOpened": (
        "Operator {agent} membuka kasus {case}, milik {owner}",
        "Operator {agent} opens case {case}, owned by {owner}",
    ),
    "CaseUpdated": (
        "Kasus {case} menjadi milik {owner}: {reason}",
        "Case {case} is now owned by {owner}: {reason}",
    ),
    "CaseUpdated.answered": (
        "Kasus {case} diserahkan kepada {owner}",
        "Case {case} is handed over to {owner}",
    ),
    "CaseUpdated.returned": (
        "Kasus {case} tetap menjadi tugas {owner}",
        "Case {case} stays as open work with {owner}",
    ),
    "CaseClosed": ("Kasus {case} ditutup oleh {by}", "Case {case} is closed by {by}"),
    "TransferStarted.join": (
        "Operator {agent} memanggil Polres {polres}; penelepon tetap bersamanya",
        "Operator {agent} calls in Polres {polres}; the caller stays with him",
    ),
    "TransferStarted.blind": (
        "Operator {agent} mengalihkan penelepon langsung ke Polres {polres}",
        "Operator {agent} sends the caller straight to Polres {polres}",
    ),
    "TransferStarted.attended": (
        "Operator {agent} mengalihkan penelepon ke Polres {polres} setelah bicara dengannya",
        "Operator {agent} hands the caller to Polres {polres} after a word with it",
    ),
    "PolresRang": ("Polres {polres} berdering", "Polres {polres} rings"),
    "PolresAnswered": (
        "Polres {polres} menjawab dan berbicara dengan penelepon",
        "Polres {polres} answers and talks with the caller",
    ),
    "TransferReturned.stays": (
        "Polres {polres} {reason}; penelepon tetap bersama operator {agent}",
        "Polres {polres} {reason}; the caller stays with operator {agent}",
    ),
    "TransferReturned.agent": (
        "Polres {polres} {reason}; penelepon kembali ke operator {agent}",
        "Polres {polres} {reason}; the caller goes back to operator {agent}",
    ),
    "TransferReturned.queue": (
        "Polres {polres} {reason}; penelepon kembali ke depan antrean",
        "Polres {polres} {reason}; the caller goes back to the front of the queue",
    ),
    "TransferReturned.caller-gone": (
        "Polres {polres} {reason}: penelepon sudah menutup telepon",
        "Polres {polres} {reason}: the caller had hung up",
    ),
    "AgentLeft.normal": (
        "Operator {agent} meninggalkan percakapan",
        "Operator {agent} leaves the talk",
    ),
    "AgentLeft.lost": (
        "Sambungan operator {agent} terputus",
        "The line of operator {agent} is lost",
    ),
    "PolresLeft.normal": (
        "Polres {polres} meninggalkan percakapan",
        "Polres {polres} leaves the talk",
    ),
    "PolresLeft.lost": (
        "Sambungan Polres {polres} terputus",
        "The line of Polres {polres} is lost",
    ),
    "CallSupervised.began": (
        "Supervisor {supervisor} {mode} panggilan operator {agent}",
        "Supervisor {supervisor} {mode} the call of operator {agent}",
    ),
    "CallSupervised.ended": (
        "Supervisor {supervisor} selesai: {mode} panggilan operator {agent}",
        "Supervisor {supervisor} has ended: {mode} the call of operator {agent}",
    ),
    "CallRequeued": (
        "{who} kembali ke depan antrean {queue}: {reason}",
        "{who} is at the front of the queue {queue} again: {reason}",
    ),
    "CallRescued": (
        "{who} tidak ada yang menangani ({reason}): dibawa ke depan antrean {queue}, ke-{attempt}",
        "{who} had nobody ({reason}): brought to the front of the queue {queue}, time {attempt}",
    ),
    "CallAbandoned": (
        "{who} menutup telepon sebelum dijawab, setelah menunggu {waited_s}",
        "{who} hangs up before anybody answers, after waiting {waited_s}",
    ),
    "CallEnded": (
        "Panggilan selesai setelah {duration_s}, diakhiri oleh {by}",
        "The call ends after {duration_s}, ended by {by}",
    ),
    "RecordingFinalised": (
        "Rekaman tersimpan, {seconds}: {path}",
        "The recording is kept, {seconds}: {path}",
    ),
    "RecordingMissing": (
        "REKAMAN TIDAK ADA: {path}: {reason}",
        "NO RECORDING: {path}: {reason}",
    ),
    "RecordingMissing.never": ("REKAMAN TIDAK ADA: {reason}", "NO RECORDING: {reason}"),
    "RecordingFinalised.lacking": (
        "Rekaman tersimpan, {seconds}, TIDAK LENGKAP, kurang {missing_s}: {path}",
        "The recording is kept, {seconds}, NOT WHOLE, {missing_s} are missing: {path}",
    ),
    "RecordingStalled": (
        "PANGGILAN TIDAK TEREKAM SAAT INI: {path}: {reason}",
        "THE CALL IS NOT BEING RECORDED: {path}: {reason}",
    ),
    "RecordingResumed": (
        "Perekaman berjalan lagi setelah {stalled_s}: {path}",
        "The call is recorded again after {stalled_s}: {path}",
    ),
    "RecordingExported": (
        "Rekaman diserahkan oleh {by}: {reason}",
        "The recording is handed out by {by}: {reason}",
    ),
    "RecordingHeld": (
        "Rekaman ditahan untuk proses hukum oleh {by}: {reason}",
        "The recording is put under legal hold by {by}: {reason}",
    ),
    "RecordingReleased": (
        "Penahanan rekaman diakhiri oleh {by}: {reason}",
        "The legal hold of the recording is ended by {by}: {reason}",
    ),
    "RecordingErased": (
        "Rekaman dimusnahkan oleh {by}: {path}: {reason}",
        "The recording is erased by {by}: {path}: {reason}",
    ),
    "NumberBlocked": (
        "Nomor {number} diblokir {until} oleh {by}: {reason}",
        "Number {number} is blocked {until} by {by}: {reason}",
    ),
    "NumberUnblocked": (
        "Blokir nomor {number} dicabut oleh {by}: {reason}",
        "The block of number {number} is lifted by {by}: {reason}",
    ),
    "RangeBlockProposed": (
        "Rentang {prefix} diusulkan {by} untuk diblokir {until}: {reason}",
        "The range {prefix} is proposed by {by} to be blocked {until}: {reason}",
    ),
    "RangeBlocked": (
        "Rentang {prefix} diblokir {until} oleh {by} dan {confirmed_by}: {reason}",
        "The range {prefix} is blocked {until} by {by} and {confirmed_by}: {reason}",
    ),
    "RangeUnblocked": (
        "Blokir rentang {prefix} dicabut oleh {by}: {reason}",
        "The block of the range {prefix} is lifted by {by}: {reason}",
    ),
    "NumberExempted": (
        "Nomor {number} dikecualikan dari blokir rentang {prefix} oleh {by}: {reason}",
        "Number {number} is exempt from the blocked range {prefix} by {by}: {reason}",
    ),
    "BlockVerificationAsked": (
        "Nomor {number} diblokir {until} dan minta diverifikasi",
        "Number {number} is blocked {until} and asks to be verified",
    ),
    "BlockVerificationRefused": (
        "Operator {agent} tidak mencabut blokir nomor {number}",
        "Operator {agent} leaves number {number} blocked",
    ),
    "AgentLoggedIn": (
        "Operator {agent} masuk bertugas di antrean {queue}",
        "Operator {agent} logs in to the queue {queue}",
    ),
    "AgentLoggedOut": (
        "Operator {agent} selesai bertugas di antrean {queue}",
        "Operator {agent} logs out of the queue {queue}",
    ),
    "AgentPaused": (
        "Operator {agent} istirahat dari antrean {queue}: {reason}",
        "Operator {agent} pauses in the queue {queue}: {reason}",
    ),
    "AgentPaused.plain": (
        "Operator {agent} istirahat dari antrean {queue}",
        "Operator {agent} pauses in the queue {queue}",
    ),
    "AgentUnpaused": (
        "Operator {agent} kembali bertugas di antrean {queue}",
        "Operator {agent} is back in the queue {queue}",
    ),
    "ShiftStarted": (
        "Sif {shift} di {unit} dimulai, sampai {ends}: {operators}",
        "Shift {shift} at {unit} begins, until {ends}: {operators}",
    ),
    "ShiftEnded": ("Sif {shift} di {unit} selesai", "Shift {shift} at {unit} is over"),
    "ShiftEmpty.nobody-on-roster": (
        "ALARM: sif {shift} di {unit}, mulai {begins}, tidak ada yang dijadwalkan",
        "ALARM: shift {shift} at {unit}, from {begins} on, has nobody on the roster",
    ),
    "ShiftEmpty.nobody-logged-in": (
        "ALARM: sif {shift} di {unit} sudah dimulai dan tidak ada yang masuk",
        "ALARM: shift {shift} at {unit} has begun and nobody has logged in",
    ),
    "AgentOffShift.reminded": (
        "Operator {agent} bertugas di luar sifnya",
        "Operator {agent} is on duty outside of his shift",
    ),
    "AgentOffShift.logged-out": (
        "Sif operator {agent} selesai: ia dikeluarkan dari antrean",
        "The shift of operator {agent} is over: he is logged out",
    ),
    "AgentOffShift.last-one": (
        "Sif operator {agent} selesai, tetapi tanpa dia antrean kosong: ia tetap",
        "The shift of operator {agent} is over, but without him a queue has nobody: he stays",
    ),
    "AgentOffShift.refused": (
        "Operator {agent} tidak dimasukkan: di luar sifnya",
        "Operator {agent} is not logged in: it is not his shift",
    ),
    "RosterTaken": (
        "Jadwal sif yang baru berlaku ({files} berkas)",
        "The changed rosters count now ({files} files)",
    ),
    "RosterRefused": (
        "ALARM: direktori salah ({problems}), jadwal sif tetap seperti semula: {reason}",
        "ALARM: the directory is wrong ({problems}), rosters stay as they were: {reason}",
    ),
    "QueueUnattended": (
        "ALARM: penelepon menunggu di {queue} dan tidak ada operator: {waiting} menunggu, "
        "{paused} operator istirahat, {unreachable} tidak terjangkau",
        "ALARM: callers wait in {queue} and there is no operator: {waiting} wait, "
        "{paused} operators pause, {unreachable} can't be reached",
    ),
    "QueueAttended": (
        "Antrean {queue} dilayani lagi setelah {after_s}",
        "The queue {queue} is attended again after {after_s}",
    ),
    "AddressBanned": (
        "Alamat {address} dilarang masuk {until}: {failures} kata sandi salah (larangan ke-{times})",
        "Address {address} is banned {until}: {failures} wrong passwords (ban no. {times})",
    ),
    "AddressBanLifted": (
        "Larangan alamat {address} dicabut oleh {by}: {reason}",
        "The ban of address {address} is lifted by {by}: {reason}",
    ),
    "SyntheticCallFailed": (
        "ALARM: panggilan uji terhenti pada tahap {stage}: {reason}",
        "ALARM: the synthetic call broke at the stage {stage}: {reason}",
    ),
    "SyntheticCallFailed.detail": (
        "ALARM: panggilan uji terhenti pada tahap {stage}: {reason} ({detail})",
        "ALARM: the synthetic call broke at the stage {stage}: {reason} ({detail})",
    ),
    "SyntheticCallPassed": (
        "Panggilan uji melewati semua tahap dalam {seconds}",
        "The synthetic call came through every stage in {seconds}",
    ),
    "SiteApplied": (
        "Konfigurasi {generation} diberlakukan oleh {by}: {reason}",
        "Configuration {generation} is applied by {by}: {reason}",
    ),
    "SiteRolledBack": (
        "Konfigurasi {before} dibatalkan oleh {by}, {generation} berlaku kembali: {reason}",
        "Configuration {before} is taken back by {by}, {generation} is live again: {reason}",
    ),
    "PbxLost": (
        "Hubungan ke PBX putus; panggilan tetap berjalan: {reason}",
        "The link to the PBX is lost; calls go on: {reason}",
    ),
    "PbxReadBack": (
        "Catatan PBX dari masa putus sudah dibaca sampai {until}",
        "What the PBX wrote down meanwhile is read up to {until}",
    ),
    "PbxBack": (
        "Hubungan ke PBX pulih; panggilan yang berlangsung: {calls}",
        "The link to the PBX is back; calls going on: {calls}",
    ),
}

REASONS: Final[Mapping[str, Pair]] = {
    "greeting": ("salam pembuka tidak selesai", "the greeting did not end"),
    "return": ("operator tidak menjawab kembali", "the operator did not answer again"),
    "returned": ("transfer ke Polres tidak berhasil", "the transfer to the Polres failed"),
    "talk-ended": ("percakapan berakhir", "the talk ended"),
    "operator-normal": ("operator sudah pergi", "the operator had left"),
    "operator-left": ("operator sudah pergi", "the operator had left"),
    "operator-lost": ("sambungan operator terputus", "the operator's line was lost"),
    "polres-normal": ("Polres sudah pergi", "the Polres had left"),
    "polres-left": ("Polres sudah pergi", "the Polres had left"),
    "polres-lost": ("sambungan Polres terputus", "the line of the Polres was lost"),
    "polres-no-answer": ("Polres tidak menjawab", "the Polres did not answer"),
    "polres-busy": ("Polres sibuk", "the Polres was busy"),
    "polres-unavailable": ("Polres tidak dapat dihubungi", "the Polres could not be reached"),
    "polres-dropped": ("Polres menjawab lalu terputus", "the Polres answered and was gone again"),
    "there is no file": ("berkasnya tidak ada", "there is no file"),
    "the file does not grow": ("berkasnya tidak bertambah", "the file does not grow"),
    "the disk is full": ("disk penuh", "the disk is full"),
    "the disk does not answer": ("disk tidak menjawab", "the disk does not answer"),
    "no recording was started": ("tidak pernah dimulai", "it was never started"),
}
"""What the core gives as a reason, by its word."""
PEOPLES_REASONS: Final = frozenset(
    {
        "SiteApplied",
        "SiteRolledBack",
        "NumberBlocked",
        "NumberUnblocked",
        "RangeBlockProposed",
        "RangeBlocked",
        "RangeUnblocked",
        "NumberExempted",
        "VerdictWithdrawn",
        "AgentPaused",
        "CallbackDropped",
        "RosterRefused",
        "RecordingExported",
        "RecordingHeld",
        "RecordingReleased",
        "RecordingErased",
    }
)
"""Events whose reason a person gave: it stays as it is."""

WHO: Final[Pair] = ("Penelepon", "Caller")
NO_NUMBER: Final[Pair] = ("tanpa nomor", "without a number")
NOTES: Final[Mapping[str, Pair]] = {
    "recovered": ("disimpulkan dari daftar PBX", "concluded from the PBX's lists"),
    "implied": ("disimpulkan", "concluded"),
    "restarted": ("PBX baru dimulai ulang", "the PBX was restarted"),
    "claimed": ("nomor tidak dijamin", "the number is only claimed"),
}
TONES: Final[Mapping[str, str]] = {
    "RecordingStarted": "dim",
    "RecordingFinalised": "dim",
    "AgentRang": "dim",
    "PolresRang": "dim",
    "AgentAnswered": "green",
    "PolresAnswered": "green",
    "PbxBack": "green",
    "PbxReadBack": "dim",
    "CallRejected": "yellow",
    "CallAbandoned": "yellow",
    "CallRequeued": "yellow",
    "TransferReturned": "yellow",
    "CallRescued": "bold red",
    "CallClimbed": "yellow",
    "CallOverflowed": "bold red",
    "RecordingMissing": "bold red",
    "RecordingStalled": "bold red",
    "RecordingResumed": "green",
    "RecordingErased": "yellow",
    "PbxLost": "bold red",
    "ShiftEmpty": "bold red",
    "RosterRefused": "bold red",
    "QueueUnattended": "bold red",
    "QueueAttended": "green",
    "AddressBanned": "yellow",
    "SyntheticCallFailed": "bold red",
    "SyntheticCallPassed": "green",
    "SiteApplied": "green",
    "SiteRolledBack": "bold yellow",
}
"""How to show an event's sentence, as rich writes it."""
