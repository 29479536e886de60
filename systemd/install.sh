#!/usr/bin/env bash
# Installs pylone from this checkout on Debian or Raspberry Pi OS, upgrades it, goes back, takes it away:
#
#   sudo npm run install:system                  install, or upgrade to what is checked out here
#   sudo npm run install:system -- --rollback    back to what ran before; the data stays as it is
#   sudo npm run install:system -- --uninstall   asks before it touches configuration and data
#
# A version is a folder of its own under /opt/pylone/releases and `current` a link to one: it is put in place whole or
# not at all; `previous` is what ran before. With DESTDIR=FOLDER, an absolute path, everything goes below that folder and
# nothing of this machine is touched.
set -euo pipefail

source_folder=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
root=${DESTDIR:-}
root=${root%/}
opt=$root/opt/pylone
etc=$root/etc
units=$etc/systemd/system
backups=$root/var/backups/pylone
config=$etc/pylone/pylone.yaml
STATE=/var/lib/pylone # StateDirectory= of the unit
KEPT_RELEASES=3
KEPT_BACKUPS=2
UNITS=(pylone.service pylone-reset.path pylone-reset.service pylone-backup.service pylone-backup.timer)
OPENED=(pylone.service pylone-backup.service)
ENABLED=(pylone.service pylone-reset.path)

# shellcheck source=systemd/install-data.sh
. "$source_folder/systemd/install-data.sh"

say() { printf '%s\n' "$*"; }
die() {
  printf 'install: %s\n' "$*" >&2
  exit 1
}
# True where this machine itself is meant, not a folder that looks like one.
for_real() { [ -z "$root" ]; }

# ── what has to be there ─────────────────────────────────────────────────────────────────────────────────────────

# npm changes the folder that a relative one would be relative to.
need_absolute_root() {
  case ${DESTDIR:-/} in
  /*) ;;
  *) die "DESTDIR must be an absolute path: DESTDIR=\"\$PWD/$DESTDIR\"" ;;
  esac
}

need_root() {
  for_real || return 0
  [ "$(id -u)" -eq 0 ] || die "must be run by root: sudo ${BASH_SOURCE[0]}"
}

need_systemd() {
  for_real || return 0
  [ -d /run/systemd/system ] || die "this machine does not run systemd; start the program as README.md says (npm start)"
}

find_node() {
  local path version
  path=$(command -v node) || die "there is no node: sudo apt install nodejs npm (20 or newer)"
  node=$(readlink -f "$path")
  version=$("$node" --version)
  version=${version#v}
  [ "${version%%.*}" -ge 20 ] ||
    die "Node $version is too old, 20 or newer is needed: Debian 13 and Raspberry Pi OS trixie have it"
  if for_real; then
    case $node in
    /home/* | /root/*) die "$node is in somebody's home, which the service cannot see: sudo apt install nodejs npm" ;;
    esac
  fi
}

need_compiler() {
  local tool missing=()
  for tool in g++ make python3; do command -v "$tool" >/dev/null || missing+=("$tool"); done
  [ ${#missing[@]} -eq 0 ] ||
    die "SQLite is compiled where no prebuilt one is to be had, and ${missing[*]} is missing: sudo apt install build-essential python3"
}

# Runs in the checkout as whoever it belongs to, so that no file of root's is left in it.
as_owner() {
  local owner
  owner=$(stat -c %U "$source_folder")
  if [ "$(id -u)" -eq 0 ] && [ "$owner" != root ]; then
    (cd "$source_folder" && runuser -u "$owner" -- "$@")
  else
    (cd "$source_folder" && "$@")
  fi
}

# ── a release ────────────────────────────────────────────────────────────────────────────────────────────────────

# Whether node_modules holds what package-lock.json says; npm leaves there what it has installed.
has_modules() {
  "$node" -e '
    const [wanted, got] = ["package-lock.json", "node_modules/.package-lock.json"].map((name) =>
      JSON.parse(require("fs").readFileSync(process.argv[1] + "/" + name, "utf8")).packages);
    const wrong = Object.entries(wanted).some(([path, { version, optional }]) =>
      path !== "" && (got[path] === undefined ? !optional : got[path].version !== version));
    process.exit(wrong ? 1 : 0);
  ' "$source_folder" 2>/dev/null
}

build() {
  if ! has_modules; then
    need_compiler
    say "Fetching what it needs (npm ci; minutes on a Pi)"
    as_owner npm ci --no-audit --no-fund
  fi
  say "Building"
  as_owner npm run --silent build
}

# Leaves its name in `release`.
make_release() {
  local version new
  version=$("$node" -p 'JSON.parse(require("fs").readFileSync(process.argv[1], "utf8")).version' "$source_folder/package.json")
  release=$version-$(date -u +%Y%m%dT%H%M%S)
  while [ -e "$opt/releases/$release" ]; do
    sleep 1
    release=$version-$(date -u +%Y%m%dT%H%M%S)
  done
  new=$opt/releases/.new
  rm -rf "$new"
  mkdir -p "$new/bin"
  cp -R "$source_folder"/{hardware,systemd,package.json,package-lock.json,README.md,LICENSE} "$new"
  # What only builds and tests need stays behind: of dist what is made of src.
  (
    cd "$source_folder"
    npm ls --omit=dev --all --parseable | sed -n "s#^$PWD/##p" | xargs cp -R --parents -t "$new"
    find src -mindepth 1 -maxdepth 1 -type d -printf 'dist/%P\0' |
      xargs -0 cp -R --parents -t "$new" dist/main.js dist/main.js.map
  )
  ln -s "$node" "$new/bin/node"
  if for_real; then chown -R root:root "$new"; fi
  chmod -R u=rwX,go=rX "$new"
  mv -T "$new" "$opt/releases/$release"
}

releases() { find "$opt/releases" -mindepth 1 -maxdepth 1 -type d -not -name '.*' -printf '%f\n' | sort; }

# The release behind a link (`current`, `previous`); nothing where there is none.
linked() {
  local name
  name=$(readlink "$opt/$1") || return 0
  name=$(basename "$name")
  if [ -d "$opt/releases/$name" ]; then printf '%s\n' "$name"; fi
}

# One rename: there is no moment without a program. No name: no link.
set_link() {
  if [ -z "$2" ]; then
    rm -f "$opt/$1"
    return
  fi
  ln -sfn "releases/$2" "$opt/$1.new"
  mv -T "$opt/$1.new" "$opt/$1"
}

# The newest ones stay, and whatever their age what runs and what ran before.
forget_old_ones() {
  local name
  for name in $(releases | head -n "-$KEPT_RELEASES"); do
    case $name in
    "$(linked current)" | "$(linked previous)") ;;
    *) rm -rf "${opt:?}/releases/$name" ;;
    esac
  done
  if [ -d "$backups" ]; then
    find "$backups" -mindepth 1 -maxdepth 1 -name 'before-*' | sort | head -n "-$KEPT_BACKUPS" | xargs -r rm -rf
  fi
}

# ── what lies around the program ─────────────────────────────────────────────────────────────────────────────────

put() {
  local mode=$1 from=$2 to=$3
  mkdir -p "$(dirname "$to")"
  install -m "$mode" "$from" "$to"
}

put_system_files() {
  local from=$opt/releases/$1 unit
  for unit in "${UNITS[@]}"; do put 644 "$from/systemd/$unit" "$units/$unit"; done
  put 644 "$from/systemd/pylone.sysusers.conf" "$etc/sysusers.d/pylone.conf"
  put 644 "$from/systemd/pylone.tmpfiles.conf" "$etc/tmpfiles.d/pylone.conf"
  put 644 "$from/systemd/pylone.modules-load.conf" "$etc/modules-load.d/pylone.conf"
  put 644 "$from/hardware/60-pylone-modems.rules" "$etc/udev/rules.d/60-pylone-modems.rules"
  put 755 "$from/systemd/pylone" "$root/usr/local/bin/pylone"
  ln -sfn /opt/pylone/current/hardware/pylone-reset "$root/usr/local/bin/pylone-reset"
  mkdir -p "$etc/pylone/reset.d"
}

# The configuration is the operator's: it is written once.
put_config() {
  if [ -e "$config" ]; then
    say "Keeping $config"
    return
  fi
  put 640 "$opt/releases/$release/systemd/pylone.yaml" "$config"
  if for_real; then chgrp pylone "$config"; fi
  say "Wrote $config"
}

announce_to_system() {
  systemd-sysusers "$etc/sysusers.d/pylone.conf"
  systemd-tmpfiles --create "$etc/tmpfiles.d/pylone.conf"
  # The unit allows drivers by name, which have to be known when it starts.
  if ! modprobe --all --quiet usbserial option cdc_acm 2>/dev/null; then
    say "This kernel has no drivers for USB modems (usbserial, option, cdc_acm): ports of that kind will be refused."
  fi
  if command -v udevadm >/dev/null && udevadm control --reload 2>/dev/null; then
    udevadm trigger --subsystem-match=usb --subsystem-match=tty
  fi
  systemctl daemon-reload
}

# ── running it ───────────────────────────────────────────────────────────────────────────────────────────────────

# `systemctl restart` comes back when the daemon has said READY, or has not.
run_it() {
  started=$(date +%s)
  systemctl restart pylone.service
}

why_not() { journalctl -u pylone.service --since "@$started" -n 20 --no-pager -o cat >&2; }

tell_where() {
  local urls
  urls=$(journalctl -u pylone.service -n 200 --no-pager -o cat | grep -o '"urls":\[[^]]*\]' | tail -n 1 | grep -o 'https\?://[^"]*' || true)
  say ""
  say "pylone runs at ${urls//$'\n'/ }"
  say "  account SID:auth token  $(pylone credentials || true)"
  say "  configuration           /etc/pylone/pylone.yaml, then: sudo systemctl restart pylone"
  say "  what it does            journalctl -fu pylone"
}

# What ends before anything is stopped leaves nothing.
forget_new() { rm -rf "${opt:?}/releases/.new" "${opt:?}/releases/${release:-.new}"; }

# What ends half way, whatever the reason, leaves things as they were: `before` runs, `was` is what ran before that.
take_back() {
  trap - EXIT
  set +e
  set_link current "$before"
  set_link previous "$was"
  put_system_files "$before"
  [ -z "${release-}" ] || forget_new
  if for_real; then
    systemctl daemon-reload
    if ! run_it; then
      why_not
      say "install: and $before does not start either; the lines above say why" >&2
      return
    fi
  fi
  say "install: $before runs again" >&2
}

install_it() {
  need_root
  need_systemd
  find_node
  before=$(linked current)
  was=$(linked previous)
  build
  check_config
  mkdir -p "$opt/releases"
  trap forget_new EXIT
  make_release
  need_room
  if [ -n "$before" ]; then trap take_back EXIT; fi
  if for_real; then systemctl stop pylone.service 2>/dev/null || true; fi
  back_up
  put_system_files "$release"
  put_folders
  if for_real; then announce_to_system; fi
  put_config
  if for_real && [ ! -d "$data" ]; then install -d -o pylone -g pylone -m 700 "$data"; fi
  set_link previous "$before"
  set_link current "$release"
  if [ -z "$before" ]; then trap - EXIT; fi
  if for_real; then
    systemctl enable --quiet "${ENABLED[@]}"
    systemctl restart pylone-reset.path
    run_it || { why_not && die "$release does not start; the lines above say why"; }
  fi
  trap - EXIT
  forget_old_ones
  if for_real; then tell_where; else say "Installed $release below $root"; fi
}

roll_back() {
  local target
  need_root
  before=$(linked current)
  was=$(linked previous)
  target=$was
  [ -n "$before" ] || die "nothing is installed below $opt"
  [ -n "$target" ] || die "there is no version before $before; ls $opt/releases shows those that are kept"
  trap take_back EXIT
  set_link previous "$before"
  set_link current "$target"
  if for_real; then
    put_system_files "$target"
    systemctl daemon-reload
    run_it || { why_not && die "$target does not start; the lines above say why"; }
  fi
  trap - EXIT
  say "Back from $before to $target; once more goes to $before again. The data is as it was left: versions of one major number read each other's."
}

uninstall() {
  local unit answer=no
  need_root
  node=$opt/current/bin/node
  read_folders "$opt/current" || say "$config cannot be read: where its dataDir and backup.folder are is not known."
  if for_real; then
    for unit in "${ENABLED[@]}" pylone-backup.timer; do systemctl disable --now --quiet "$unit" 2>/dev/null || true; done
  fi
  for unit in "${UNITS[@]}"; do rm -f "$units/$unit"; done
  for unit in "${OPENED[@]}"; do
    rm -f "$units/$unit.d/50-folders.conf"
    rmdir --ignore-fail-on-non-empty "$units/$unit.d" 2>/dev/null || true
  done
  rm -rf "$opt"
  rm -f "$etc"/{sysusers,tmpfiles,modules-load}.d/pylone.conf "$etc/udev/rules.d/60-pylone-modems.rules"
  rm -f "$root"/usr/local/bin/{pylone,pylone-reset}
  if for_real; then
    systemctl daemon-reload
    if command -v udevadm >/dev/null; then udevadm control --reload 2>/dev/null || true; fi
  fi
  say "The program is gone."
  say "Left: $root$data (messages, accounts), $etc/pylone, $backups."
  is_in "$nightly" "$data" || say "Left in any case: the backups in $root$nightly."
  # Nobody there to ask means no.
  read -r -p 'Delete those too, for ever? Type yes: ' answer || true
  if [ "$answer" != yes ]; then
    say "Kept."
    return
  fi
  rm -rf "$root$STATE" "$etc/pylone" "$backups"
  # One that the configuration names may be more than pylone's.
  if [ -d "$root$data" ]; then
    if for_real && [ "$(stat -c %U "$data")" != pylone ]; then
      say "$data is not the user pylone's, and is left."
    else
      rm -rf --one-file-system "$root$data"
    fi
  fi
  if for_real && id pylone >/dev/null 2>&1; then userdel pylone; fi
  say "Deleted."
}

need_absolute_root
case ${1-} in
'') install_it ;;
--rollback) roll_back ;;
--uninstall) uninstall ;;
*)
  sed -n '2,10s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"
  [ "$1" = --help ] || exit 64
  ;;
esac
