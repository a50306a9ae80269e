#!/usr/bin/env bash
# Tests the camera and the microphone in a virtual machine that has real V4L2 and ALSA devices (../shared/tools/webcam-vm). Takes several minutes:
# the machine is emulated. Not part of `make test`. Needs root the first time, to install QEMU.
#   1. doctor lists the cameras, and the formats of the kernel's test camera
#   2. animate opens the camera, tracks the face, records the microphone, and makes a playable MP4 with both
#   3. bench reports a camera that stops sending, and picks it up again
set -euo pipefail
cd "$(dirname "$0")/.."
shared=${RETRATO_SHARED:-../shared}
vm="$shared/tools/webcam-vm/webcam-vm"
[ -e "$vm" ] || { echo "SKIPPED: $vm is not there"; exit 0; }
cargo build --release
program=$PWD/target/release/retrato
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
clip="$shared/media/clips/mouth_wide_216f.mp4"

# Something to hear: a tone that comes and goes.
ffmpeg -v error -f lavfi -i "sine=frequency=440:duration=4,volume='if(lt(mod(t,1),0.5),0.5,0)':eval=frame" -ar 48000 -ac 2 "$out/voice.wav"

cat > "$out/guest.sh" <<GUEST
set -u
export HOME=/run XDG_RUNTIME_DIR=/run RUST_LOG=warn
echo "--- doctor"; $program doctor > /out/doctor.txt 2>&1
echo "--- animate"; sleep 25 # until the sender of the sound is up
$program animate garden --driver camera:FaceCam --microphone hw:CARD=Loopback,DEV=1 --seconds 12 --size 320 -o /run/live.mp4 --json > /out/animate.json 2> /out/animate.err
echo "exit \$?" >> /out/animate.err; cp /run/live.mp4 /out/ 2>/dev/null
echo "--- bench"
sender=\$(pgrep -f 'v4l2 /dev/video0' | head -n 1)
( sleep 25; kill -STOP "\$sender"; sleep 12; kill -CONT "\$sender" ) &
$program bench --camera FaceCam --portrait garden --executor cpu --seconds 60 --json > /out/bench.json 2> /out/bench.err
echo "exit \$?" >> /out/bench.err
GUEST

"$vm" --clip "$clip" --voice "$out/voice.wav" --out "$out" --seconds 1500 -- bash /out/guest.sh

failed=0
check() { if eval "$2"; then echo "ok      $1"; else echo "FAILED  $1"; failed=1; fi; }
check "doctor lists the test camera with its formats" "grep -A3 -i vivid '$out/doctor.txt' | grep -Eq 'YUYV|NV12|RGB3|[0-9]+ ?x ?[0-9]+'"
check "the film has a picture and a sound track" "ffprobe -v error -show_entries stream=codec_name -of csv=p=0 '$out/live.mp4' | sort | paste -sd' ' | grep -qx 'aac h264'"
check "the film decodes without a complaint" "[ -z \"\$(ffmpeg -v error -i '$out/live.mp4' -f null - 2>&1)\" ]"
check "a face was tracked in most frames" "python3 -c \"import json; r=json.load(open('$out/animate.json')); assert r['frames_with_face'] > 0.7*r['frames'] > 3, r\""
# Silence is -91 dB; the emulated machine loses most of the sound, but what is there is the tone.
check "the microphone was heard" "ffmpeg -v info -i '$out/live.mp4' -af volumedetect -f null - 2>&1 | grep -Eq 'max_volume: -([0-9]|[1-3][0-9])\.'"
check "a camera that stops is reported and picked up again" "python3 -c \"import json; r=json.load(open('$out/bench.json')); assert r['stalls'] >= 1 and r['recoveries'] >= 1, r\""
if [ "$failed" = 1 ]; then
  cp -r "$out" webcam-vm-out; echo "What the guest wrote is in webcam-vm-out:"; tail -n 5 "$out"/*.err "$out/doctor.txt"
fi
exit "$failed"
