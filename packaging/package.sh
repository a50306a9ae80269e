#!/bin/bash
# Packs a release build into a Debian package, a tarball and an AppImage.
#
#   packaging/package.sh [BINARY] [OUTPUT FOLDER]
#
# The program comes with those shared libraries whose versions differ between distributions, in a folder of its own, so that one package serves Debian 12 and
# newer and Ubuntu 24.04. The others are asked for. The face reader's models are packed where they have been fetched.
# An AppImage is a runtime with a file system behind it; APPIMAGE_RUNTIME names the runtime, which 'make appimage-runtime' fetches.
# DOCS_BINARY names the program that writes the manual and the completions, when BINARY cannot run here.
set -euo pipefail
cd "$(dirname "$0")/.."

binary=${1:-target/release/retrato}
output=${2:-target/packages}
docs=${DOCS_BINARY:-$binary}
version=$(sed -n '/^\[workspace.package\]/,/^\[/s/^version = "\(.*\)"/\1/p' Cargo.toml)
architecture=$(dpkg --print-architecture 2>/dev/null || uname -m)
# Reproducible: the date of the last change, not of the packing.
export SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null || date +%s)}
date=$(date -u -d "@$SOURCE_DATE_EPOCH" +%Y-%m-%d)

for tool in patchelf strip ldd install gzip tar; do
  command -v "$tool" >/dev/null || { echo "package.sh needs $tool: install the packages patchelf and binutils" >&2; exit 1; }
done
[ -x "$binary" ] || { echo "package.sh needs a release build: run 'make build' first, or name the program" >&2; exit 1; }

# What every distribution has in a version that fits; everything else that the program links goes with it.
system='linux-vdso|ld-linux|libc\.so|libm\.so|libdl\.so|librt\.so|libpthread\.so|libgcc_s\.so|libstdc\+\+\.so|libasound\.so|libz\.so'

tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
chmod 755 "$tree"
usr=$tree/usr

echo "Packing $binary, version $version"
install -D -m 755 "$binary" "$usr/bin/retrato"
strip --strip-all "$usr/bin/retrato"
own=()
# The reference BLAS, a hundredth of OpenBLAS in size: dlib multiplies large matrices only for the identity measure of `retrato evaluate`.
reference() { ls /usr/lib/*-linux-gnu/"$1"/"$2" 2>/dev/null | head -1; }
while read -r name path; do
  case $name in
    libopenblas.so.0) [ -n "$(reference blas libblas.so.3)" ] && patchelf --replace-needed "$name" libblas.so.3 "$usr/bin/retrato" && continue ;;
    libblas.so.3) path=$(reference blas "$name" || true); path=${path:-/usr/lib/$(uname -m)-linux-gnu/$name} ;;
    liblapack.so.3) path=$(reference lapack "$name" || true); path=${path:-/usr/lib/$(uname -m)-linux-gnu/$name} ;;
  esac
  install -D -m 644 "$path" "$usr/lib/retrato/$name"
  strip --strip-unneeded "$usr/lib/retrato/$name"
  own+=("$path")
done < <(ldd "$binary" | awk '$2 == "=>" {print $1, $3}' | grep -vE "^($system)")
# The old kind of search path is handed on to the libraries that these libraries need.
patchelf --force-rpath --set-rpath '$ORIGIN/../lib/retrato' "$usr/bin/retrato"
for library in "$usr"/lib/retrato/*; do patchelf --force-rpath --set-rpath '$ORIGIN' "$library"; done

share=$usr/share
install -D -m 644 packaging/retrato.desktop "$share/applications/retrato.desktop"
install -D -m 644 assets/icon.png "$share/icons/hicolor/256x256/apps/retrato.png"
install -D -m 644 assets/icon.svg "$share/icons/hicolor/scalable/apps/retrato.svg"
install -d "$share/metainfo"
sed "s/@VERSION@/$version/; s/@DATE@/$date/" packaging/org.retrato.Retrato.metainfo.xml >"$share/metainfo/org.retrato.Retrato.metainfo.xml"
command -v appstreamcli >/dev/null && appstreamcli validate --no-net "$share/metainfo/org.retrato.Retrato.metainfo.xml"
if [ -f assets/face_landmarker.task ]; then
  install -D -m 644 assets/face_landmarker.task "$share/retrato/face_landmarker.task"
else
  echo "Without the face reader's models, which 'make reader-model' fetches: the package reads faces with dlib"
fi
"$docs" write-docs "$tree/docs"
for page in "$tree"/docs/*.1; do
  install -d "$share/man/man1"
  gzip -9n <"$page" >"$share/man/man1/$(basename "$page").gz"
done
install -D -m 644 "$tree/docs/retrato.bash" "$share/bash-completion/completions/retrato"
install -D -m 644 "$tree/docs/_retrato" "$share/zsh/vendor-completions/_retrato"
install -D -m 644 "$tree/docs/retrato.fish" "$share/fish/vendor_completions.d/retrato.fish"
rm -r "$tree/docs"

licences=$share/doc/retrato
install -D -m 644 -t "$licences" LICENSE-MIT NOTICE README.md
{
  echo "Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/"
  echo "Upstream-Name: Retrato"
  echo
  echo "Files: *"
  echo "Copyright: 2026 The Retrato developers"
  echo "License: MIT or Apache-2.0"
  echo
  echo "Files: usr/share/retrato/face_landmarker.task"
  echo "Copyright: Google LLC"
  echo "License: Apache-2.0"
  echo
  echo "License: MIT"
  sed 's/^$/./; s/^/ /' LICENSE-MIT
  echo
  echo "License: Apache-2.0"
  echo " On Debian systems, the full text is in /usr/share/common-licenses/Apache-2.0; elsewhere in LICENSE-APACHE beside this file."
  echo
  echo "Comment: the libraries in usr/lib/retrato are those of Debian; their licences are in the folder libraries beside this file."
} >"$licences/copyright"
for path in "${own[@]}"; do
  package=$(dpkg-query -S "$(readlink -f "$path")" 2>/dev/null | head -1 | cut -d: -f1)
  [ -n "$package" ] && install -D -m 644 "/usr/share/doc/$package/copyright" "$licences/libraries/$package"
done
gzip -9n <CHANGELOG.md >"$licences/changelog.gz"

mkdir -p "$output"
folder=retrato-$version-$(uname -m)
# The tarball is for systems without packages: it runs where it is unpacked.
install -d "$tree/tar/$folder"
cp -a "$usr/." "$tree/tar/$folder/"
install -m 644 LICENSE-APACHE "$tree/tar/$folder/share/doc/retrato/"
tar --sort=name --owner=0 --group=0 --numeric-owner --mtime="@$SOURCE_DATE_EPOCH" -C "$tree/tar" -c "$folder" | xz -9e >"$output/$folder.tar.xz"

runtime=${APPIMAGE_RUNTIME:-target/appimage-runtime-$(uname -m)}
if [ ! -f "$runtime" ]; then
  echo "No AppImage: its runtime is not here ('make appimage-runtime' fetches it for x86_64)"
elif ! command -v mksquashfs >/dev/null; then
  echo "No AppImage: mksquashfs is not here (package squashfs-tools)"
else
  app=$tree/tar/Retrato.AppDir
  install -d "$app"
  cp -a "$usr" "$app/"
  install -m 644 packaging/retrato.desktop assets/icon.png LICENSE-APACHE "$app/"
  mv "$app/icon.png" "$app/retrato.png"
  ln -s retrato.png "$app/.DirIcon"
  ln -s usr/bin/retrato "$app/AppRun"
  image=$output/Retrato-$version-$(uname -m).AppImage
  # The runtime reads gzip and xz; all times are those of SOURCE_DATE_EPOCH.
  mksquashfs "$app" "$tree/tar/image" -root-owned -noappend -no-xattrs -comp xz -b 256K -quiet -no-progress
  cat "$runtime" "$tree/tar/image" >"$image"
  chmod 755 "$image"
fi
rm -r "$tree/tar"

if command -v dpkg-deb >/dev/null; then
  install -d "$tree/DEBIAN"
  size=$(du -sk "$usr" | cut -f1)
  sed "s/@VERSION@/$version/; s/@ARCHITECTURE@/$architecture/; s/@SIZE@/$size/" packaging/control >"$tree/DEBIAN/control"
  (cd "$tree" && find usr -type f -print0 | sort -z | xargs -0 md5sum >DEBIAN/md5sums)
  find "$tree" -exec touch -hd "@$SOURCE_DATE_EPOCH" {} +
  dpkg-deb --root-owner-group -Zxz -z9 -Sextreme --build "$tree" "$output/retrato_${version}_${architecture}.deb" >/dev/null
fi
ls -l "$output" | awk 'NR > 1 {printf "%s: %.1f MB\n", $NF, $5 / 1e6}'
