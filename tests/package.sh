#!/bin/bash
# Installs the Debian package in a clean system and uses it there: the window under Xvfb, a face found in a picture, a film.
#
#   tests/package.sh [PACKAGE] [SUITE]
#
# Needs root, the package debootstrap and a mirror of Debian. Without them it says so and ends with status 77, as a test that was left out.
set -euo pipefail
cd "$(dirname "$0")/.."

package=${1:-$(ls -t target/packages/retrato_*.deb 2>/dev/null | head -1)}
suite=${2:-bookworm}
[ -f "$package" ] || { echo "there is no package: run 'make package' first, or name it" >&2; exit 1; }
[ "$(id -u)" = 0 ] && command -v debootstrap >/dev/null || { echo "left out: needs root and the package debootstrap"; exit 77; }

root=$(mktemp -d)
chmod 755 "$root"
clean() {
  for folder in proc dev/shm dev; do mountpoint -q "$root/$folder" && umount "$root/$folder"; done
  rm -rf --one-file-system "$root"
}
trap clean EXIT
# The mirror that this system uses; debootstrap's own where it names none.
mirror=$(awk '/^URIs:/ {print $2; exit} /^deb / {for (i = 2; i <= NF; i++) if ($i ~ /:\/\//) {print $i; exit}}' \
  /etc/apt/sources.list.d/debian.sources /etc/apt/sources.list 2>/dev/null || true)
debootstrap --variant=minbase "$suite" "$root" ${mirror:+"$mirror"} >/dev/null || { echo "left out: no mirror of Debian"; exit 77; }
mount -t proc proc "$root/proc"
mount --bind /dev "$root/dev"
mkdir -p "$root/dev/shm" && mount -t tmpfs tmpfs "$root/dev/shm"
cp /etc/resolv.conf "$root/etc/" 2>/dev/null || true
# Packages come the same way as here: by its proxy, if it has one.
cp -r /etc/apt/apt.conf.d/. "$root/etc/apt/apt.conf.d/"
cp "$package" "$root/retrato.deb"
cp assets/portraits/lady.jpg "$root/lady.jpg"

inside() { chroot "$root" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive "$@"; }
passed=0
check() {
  local what=$1; shift
  if "$@"; then echo "ok: $what"; passed=$((passed + 1)); else echo "FAILED: $what"; exit 1; fi
}

inside apt-get update -qq
# What the window needs is asked for by the package; Xvfb and a software driver stand for a person's desktop.
quietly() { "$@" >/dev/null; }
check "the package installs with what it depends on" quietly inside apt-get install -y -qq --no-install-recommends /retrato.deb xvfb xauth mesa-vulkan-drivers x11-utils
check "nothing that it links is missing" bash -c "! chroot '$root' ldd /usr/bin/retrato | grep -q 'not found'"
check "it says its version" bash -c "chroot '$root' retrato --version | grep -q '^retrato '"
check "the manual is there" test -s "$root/usr/share/man/man1/retrato-animate.1.gz"
check "the shells know its options" grep -q -- --face-box "$root/usr/share/bash-completion/completions/retrato"
check "pictures open with it" grep -q 'MimeType=image/jpeg' "$root/usr/share/applications/retrato.desktop"
check "the face reader is installed" bash -c "chroot '$root' env HOME=/root retrato doctor --json | grep -q face_landmarker.task"
check "it makes a film" inside retrato animate garden --driver talk --seconds 2 --size 480 -o /film.mp4
check "the film is one" bash -c "[ \$(stat -c %s '$root/film.mp4') -gt 20000 ] && head -c 12 '$root/film.mp4' | grep -q ftyp"
check "it makes a film of a picture" inside retrato animate /lady.jpg --driver laugh --seconds 1 --size 480 -o /lady.gif
check "the window opens" inside xvfb-run -a -s "-screen 0 1280x800x24" sh -c '
  retrato & program=$!
  for second in $(seq 60); do
    sleep 1
    kill -0 $program || exit 1
    xwininfo -root -tree | grep -q "\"Retrato" && break
  done
  sleep 5
  xwininfo -root -tree | grep "\"Retrato" && kill -0 $program && kill $program'
appimage=$(ls -t "$(dirname "$package")"/Retrato-*.AppImage 2>/dev/null | head -1)
if [ -f "$appimage" ]; then
  # A clean root has no FUSE: the runtime unpacks the image for that run.
  cp "$appimage" "$root/retrato.AppImage"
  check "the AppImage makes a film" inside APPIMAGE_EXTRACT_AND_RUN=1 /retrato.AppImage animate garden --driver laugh --seconds 1 --size 320 -o /app.mp4
  check "with the face reader" bash -c "chroot '$root' env HOME=/root APPIMAGE_EXTRACT_AND_RUN=1 /retrato.AppImage doctor --json | grep -q face_landmarker.task"
  rm "$root/retrato.AppImage"
else
  echo "left out: there is no AppImage beside the package"
fi
check "it can be taken away again" quietly inside apt-get remove -y -qq retrato
check "and leaves nothing behind" test ! -e "$root/usr/lib/retrato"
echo "$passed passed, 0 failed"
