"""Takes espeak-ng's command line and hums one syllable for each vowel; for tests of what is around it.

`silent` in the text gives silence, `crash` an error.
"""

import argparse
import math
import struct
import sys
import wave

parser = argparse.ArgumentParser()
parser.add_argument("-D", action="store_true", required=True)
parser.add_argument("-v", required=True)
parser.add_argument("-s", type=int, required=True)
parser.add_argument("-w", required=True)
parser.add_argument("text")
options = parser.parse_args()
if "crash" in options.text:
    sys.exit("no such voice")

rate = 22050
loudness = 0 if "silent" in options.text else 12000
syllable = int(rate * 30 / options.s)
count = sum(letter in "aiueoAIUEO" for letter in options.text)
hz = 200 + len(options.v + options.text)
samples = [
    int(loudness * math.sin(2 * math.pi * hz * n / rate) * math.sin(math.pi * n / syllable))
    for n in range(syllable)
] * count
with wave.open(options.w, "wb") as file:
    file.setnchannels(1)
    file.setsampwidth(2)
    file.setframerate(rate)
    file.writeframes(struct.pack(f"<{len(samples)}h", *samples))
