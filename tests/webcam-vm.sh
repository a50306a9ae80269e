#!/usr/bin/env bash
# Tests the camera and the microphone in a virtual machine that has real V4L2 and ALSA devices (../shared/tools/webcam-vm). Takes several minutes:
# the machine is emulated. Not part of `make test`. Needs root the first time, to install QEMU.
#   1. doctor lists the cameras, and the formats of the kernel's test camera
#   2. animate opens the camera, tracks the face, records the microphone, and makes a playable MP4 with both
#   3. bench reports a camera that stops sending, and picks it up again
#   4. bench sends to a virtual camera, and ffmpeg reads a moving portrait from it
set -euo pipefail
cd "$(dirname "$0")/.."
shared=${RETRATO_SHARED:-../shared}
vm="$shared/tools/webcam-vm/webcam-vm"
[ -e "$vm" ] || { echo "SKIPPED: $vm is not there"; exit 0; }
cargo build --release
program=${CARGO_TARGET_DIR:-$PWD/target}/release/retrato
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
clip="$shared/media/clips/mouth_wide_216f.mp4"

# Something to hear: a tone that comes and goes.
ffmpeg -v error -f lavfi -i "sine=frequency=440:duration=4,volume='if(lt(mod(t,1),0.5),0.5,0)':eval=frame" -ar 48000 -ac 2 "$out/voice.wav"

cat > "$out/guest.sh" <<GUEST
set -u
export HOME=/run XDG_RUNTIME_DIR=/run RUST_LOG=warn
# A software graphics adapter in an emulated processor does not even answer in time.
export VK_DRIVER_FILES=/dev/null VK_ICD_FILENAMES=/dev/null __EGL_VENDOR_LIBRARY_FILENAMES=/dev/null
echo "--- doctor"; $program doctor > /out/doctor.txt 2>&1
echo "--- animate"; sleep 25 # until the sender of the sound is up
$program animate garden --driver camera:FaceCam --microphone hw:CARD=Loopback,DEV=1 --seconds 12 --size 320 -o /run/live.mp4 --json > /out/animate.json 2> /out/animate.err
echo "exit \$?" >> /out/animate.err; cp /run/live.mp4 /out/ 2>/dev/null
echo "--- bench"
sender=\$(pgrep -f 'v4l2 /dev/video0' | head -n 1)
( sleep 25; kill -STOP "\$sender"; sleep 12; kill -CONT "\$sender" ) &
$program bench --camera FaceCam --portrait garden --executor cpu --seconds 60 --json > /out/bench.json 2> /out/bench.err
echo "exit \$?" >> /out/bench.err
echo "--- virtual camera"
( for i in \$(seq 120); do v4l2-ctl -d /dev/video9 --list-formats 2>/dev/null | grep -q YUYV && break; sleep 1; done
  timeout 90 ffmpeg -v error -f v4l2 -i /dev/video9 -t 40 -vf fps=1/2 -pix_fmt rgb24 -f rawvideo /run/seen.raw < /dev/null > /out/seen.err 2>&1
  cp /run/seen.raw /out/ ) &
reader=\$!
$program bench --clip talk --portrait garden --generator landmark-warp --executor cpu --seconds 50 --virtual-camera /dev/video9 --virtual-camera-size 320x240 --json > /out/sent.json 2> /out/sent.err
echo "exit \$?" >> /out/sent.err
wait "\$reader"
v4l2-ctl -d /dev/video9 --info > /out/after.txt
GUEST

# The portrait at rest, as the virtual camera should show it.
ffmpeg -v error -i assets/portraits/garden.jpg -vf "scale=320:240:force_original_aspect_ratio=decrease,pad=320:240:(ow-iw)/2:(oh-ih)/2" -pix_fmt rgb24 -f rawvideo "$out/rest.raw"
cat > "$out/seen.py" <<'PYTHON'
import sys
folder, what = sys.argv[1:]
width, height = 320, 240
size = 3 * width * height
read = lambda name: open(f"{folder}/{name}", "rb").read()
rest, seen = read("rest.raw"), read("seen.raw")
frames = [seen[i:i + size] for i in range(0, len(seen) - size + 1, size)]
frames = [frame for frame in frames if max(frame) > 40]  # black before the first picture
mean = lambda frame: [sum(frame[c::3]) / (size // 3) for c in range(3)]
differing = lambda a, b: sum(abs(x - y) > 24 for x, y in zip(a, b))
if what == "moves":
    most = max(differing(frames[0], frame) for frame in frames[1:])
    print(f"{len(frames)} frames, up to {most} of {size} values differ from the first", file=sys.stderr)
    assert most > 200
else:
    last = frames[-1]
    print(f"mean colour {mean(last)}, of the portrait {mean(rest)}, {differing(last, rest)} of {size} values differ", file=sys.stderr)
    assert all(abs(a - b) < 6 for a, b in zip(mean(last), mean(rest)))
    assert differing(last, rest) < 0.1 * size
    assert all(max(last[3 * width * y:][:3]) < 8 for y in range(height)), "black bars"
PYTHON

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
check "doctor lists the virtual camera's device" "grep -Eq 'PuppetCam \(/dev/video9\)' '$out/doctor.txt'"
check "what other programs read from the virtual camera moves" "python3 '$out/seen.py' '$out' moves"
check "and it is the portrait, between black bars" "python3 '$out/seen.py' '$out' portrait"
check "the device takes pictures again afterwards" "grep -q 'Video Output' '$out/after.txt'"
check "handing a picture over takes far less than a millisecond, and the last one is repeated while none comes" "python3 -c \"import json; r=json.load(open('$out/sent.json'))['virtual_camera']; print(r); assert r['hand_over_ms_p50'] < 0.5 and r['frames_repeated'] > 0 and r['frames_written'] > r['frames_repeated'], r\""
if [ "$failed" = 1 ]; then
  cp -r "$out" webcam-vm-out; echo "What the guest wrote is in webcam-vm-out:"; tail -n 5 "$out"/*.err "$out/doctor.txt"
fi
exit "$failed"
