#!/usr/bin/env bash
# Installs pylone from this checkout on Debian or Raspberry Pi OS, upgrades it, goes back, takes it away:
#
#   sudo npm run install:system                  install, or upgrade to what is checked out here
#   sudo npm run install:system -- --rollback    back to the version before; the data stays as it is
#   sudo npm run install:system -- --uninstall   asks before it touches configuration and data
#
# A version is a folder of its own under /opt/pylone/releases and `current` a link to one: it is put in place whole or
# not at all. With DESTDIR=FOLDER everything goes below that folder and nothing of this machine is touched.
set -euo pipefail

source_folder=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
root=${DESTDIR:-}
opt=$root/opt/pylone
etc=$root/etc
units=$etc/systemd/system
backups=$root/var/backups/pylone
config=$etc/pylone/pylone.yaml
KEPT_RELEASES=3
KEPT_BACKUPS=2
UNITS=(pylone.service pylone-reset.path pylone-reset.service pylone-backup.service pylone-backup.timer)
ENABLED=(pylone.service pylone-reset.path)

say() { printf '%s\n' "$*"; }
die() {
  printf 'install: %s\n' "$*" >&2
  exit 1
}
# True where this machine itself is meant, not a folder that looks like one.
for_real() { [ -z "$root" ]; }

# ── what has to be there ─────────────────────────────────────────────────────────────────────────────────────────

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
  # What only builds and tests need stays behind.
  (
    cd "$source_folder"
    npm ls --omit=dev --all --parseable | sed -n "s#^$PWD/##p" | xargs cp -R --parents -t "$new"
    find dist -mindepth 1 -maxdepth 1 ! -name bench ! -name soak ! -name .tsbuildinfo -print0 |
      xargs -0 cp -R --parents -t "$new"
  )
  ln -s "$node" "$new/bin/node"
  if for_real; then chown -R root:root "$new"; fi
  chmod -R u=rwX,go=rX "$new"
  mv -T "$new" "$opt/releases/$release"
}

releases() { find "$opt/releases" -mindepth 1 -maxdepth 1 -type d -not -name '.*' -printf '%f\n' | sort; }

current() { basename "$(readlink "$opt/current" 2>/dev/null)" 2>/dev/null || true; }

# One rename: there is no moment without a program.
switch_to() {
  ln -sfn "releases/$1" "$opt/current.new"
  mv -T "$opt/current.new" "$opt/current"
}

# The newest one, what runs and the one before it stay.
forget_old_releases() {
  local name
  for name in $(releases | head -n "-$KEPT_RELEASES"); do
    [ "$name" = "$(current)" ] || rm -rf "${opt:?}/releases/$name"
  done
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

# By the program that is to run with it.
check_config() {
  local status=0 words
  [ -e "$config" ] || return 0
  words=$("$node" "$source_folder/dist/main.js" config check --config "$config" 2>&1) || status=$?
  [ "$status" -ne 0 ] || return 0
  printf '%s: %s\n' "$config" "$words" >&2
  die "the configuration is not good for this version; mend it and run this again. Nothing was changed"
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

# ── data ─────────────────────────────────────────────────────────────────────────────────────────────────────────

data_folder() { printf '%s\n' "$root/var/lib/pylone"; }

# The daemon does not run meanwhile: its files are whole.
back_up() {
  local data to
  data=$(data_folder)
  [ -e "$data/pylone.db" ] || return 0
  to=$backups/before-$release
  mkdir -p "$backups"
  chmod 700 "$backups"
  say "Backing up $data and $config to $to"
  cp -a --reflink=auto "$data" "$to"
  cp -a "$config" "$to/pylone.yaml"
  find "$backups" -mindepth 1 -maxdepth 1 -name 'before-*' | sort | head -n "-$KEPT_BACKUPS" | xargs -r rm -rf
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

install_it() {
  local before
  need_root
  need_systemd
  find_node
  build
  check_config
  mkdir -p "$opt/releases"
  before=$(current)
  make_release
  if for_real; then systemctl stop pylone.service 2>/dev/null || true; fi
  back_up
  put_system_files "$release"
  if for_real; then announce_to_system; fi
  put_config
  switch_to "$release"
  forget_old_releases
  if ! for_real; then
    say "Installed $release below $root"
    return
  fi
  systemctl enable --quiet "${ENABLED[@]}"
  systemctl restart pylone-reset.path
  if run_it; then
    tell_where
    return
  fi
  why_not
  [ -n "$before" ] || die "it is installed and does not start; the lines above say why"
  # As if it had never been here.
  rm -rf "${opt:?}/releases/$release"
  switch_to "$before"
  put_system_files "$before"
  systemctl daemon-reload
  run_it || why_not
  die "$release does not start, so $before runs again; the lines above say why"
}

roll_back() {
  local now target
  need_root
  [ -e "$opt/current" ] || die "nothing is installed below $opt"
  now=$(current)
  target=$(releases | sed "/^$now\$/,\$d" | tail -n 1)
  [ -n "$target" ] || die "there is no version before $now; ls $opt/releases shows those that are kept"
  switch_to "$target"
  if for_real; then
    put_system_files "$target"
    systemctl daemon-reload
    run_it || { why_not && die "$target does not start; the lines above say why"; }
  fi
  say "Back from $now to $target. The data is as it was left: versions of one major number read each other's."
}

uninstall() {
  local unit answer=no data
  need_root
  data=$(data_folder)
  if for_real; then
    for unit in "${ENABLED[@]}" pylone-backup.timer; do systemctl disable --now --quiet "$unit" 2>/dev/null || true; done
  fi
  for unit in "${UNITS[@]}"; do rm -f "$units/$unit"; done
  rm -rf "$opt"
  rm -f "$etc"/{sysusers,tmpfiles,modules-load}.d/pylone.conf "$etc/udev/rules.d/60-pylone-modems.rules"
  rm -f "$root"/usr/local/bin/{pylone,pylone-reset}
  if for_real; then
    systemctl daemon-reload
    if command -v udevadm >/dev/null; then udevadm control --reload 2>/dev/null || true; fi
  fi
  say "The program is gone."
  say "Left: $data (messages, accounts), $etc/pylone, $backups."
  # Nobody there to ask means no.
  read -r -p 'Delete those too, for ever? Type yes: ' answer || true
  if [ "$answer" != yes ]; then
    say "Kept."
    return
  fi
  rm -rf "$data" "$etc/pylone" "$backups"
  if for_real && id pylone >/dev/null 2>&1; then userdel pylone; fi
  say "Deleted."
}

case ${1-} in
'') install_it ;;
--rollback) roll_back ;;
--uninstall) uninstall ;;
*)
  sed -n '2,9s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"
  [ "$1" = --help ] || exit 64
  ;;
esac
