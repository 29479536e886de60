# shellcheck shell=bash disable=SC2154
# A part of install.sh: the folders that the configuration names, what the sandbox opens of them, and the backup before an
# upgrade.

# Where data and backups are, in `data` and `nightly`, as the program in $1 reads the configuration: without DESTDIR. The
# environment of whoever installs is not the service's.
read_folders() {
  local told
  data=$STATE
  nightly=$STATE/backups
  [ -e "$config" ] || return 0
  told=$(env -u PYLONE_DATA_DIR "$node" "$1/dist/main.js" config check --json --config "$config" 2>/dev/null) || return 1
  mapfile -t told < <("$node" -p 'const { dataDir, backupFolder } = JSON.parse(process.argv[1]); [dataDir, backupFolder].join("\n")' "$told")
  data=${told[0]#"$root"}
  nightly=${told[1]#"$root"}
}

# By the program that is to run with it.
check_config() {
  local words folder
  if ! read_folders "$source_folder"; then
    words=$("$node" "$source_folder/dist/main.js" config check --config "$config" 2>&1) || true
    printf '%s: %s\n' "$config" "$words" >&2
    die "the configuration is not good for this version; mend it and run this again. Nothing was changed"
  fi
  for_real || return 0
  for folder in "$data" "$nightly"; do
    case $folder/ in
    /home/* | /root/* | /run/* | /tmp/* | /var/tmp/*)
      die "$config: the service cannot see $folder, or it does not last; take one below /srv or /media. Nothing was changed"
      ;;
    esac
  done
  # Made here it might lie under the place where a disk belongs.
  [ -z "$before" ] || is_in "$data" "$STATE" || [ -d "$data" ] ||
    die "$config: dataDir $data is not there: sudo install -d -o pylone -g pylone -m 700 '$data'. Nothing was changed"
}

is_in() { case $1/ in "$2"/*) ;; *) false ;; esac }

# As a unit file wants it.
quoted() { printf '"%s"' "$(sed 's/[\\"]/\\&/g; s/%/%%/g' <<<"$1")"; }

# The sandbox has only StateDirectory= open. The `-` is for a disk that is away, of which the daemon speaks better.
put_folders() {
  local unit file open='' mounts=''
  if ! is_in "$data" "$STATE"; then
    open=$(quoted "-$data")
    mounts="[Unit]"$'\n'"RequiresMountsFor=$(quoted "$data")"$'\n'
  fi
  is_in "$nightly" "$STATE" || is_in "$nightly" "$data" || open="$open${open:+ }$(quoted "-$nightly")"
  for unit in "${OPENED[@]}"; do
    file=$units/$unit.d/50-folders.conf
    rm -f "$file"
    [ -n "$open" ] || continue
    printf '# From dataDir and backup.folder, by systemd/install.sh.\n%s[Service]\nReadWritePaths=%s\n' "$mounts" "$open" |
      install -D -m 644 /dev/stdin "$file"
  done
}

has_data() { [ -e "$root$data/pylone.db" ]; }

# A backup takes as much as the data.
need_room() {
  local need free
  has_data || return 0
  mkdir -p "$backups"
  need=$(du -ck "$root$data"/pylone.db* | tail -n 1 | cut -f 1)
  free=$(df -k --output=avail "$backups" | tail -n 1)
  [ "$free" -gt "$need" ] ||
    die "the backup before an upgrade needs $((need / 1024 + 1)) MB in $backups and $((free / 1024)) MB are free; make room and run this again. Nothing was changed"
}

# The daemon does not run meanwhile: its files are whole. What has written them copies them; where it cannot (a damaged
# database), they are copied as they are.
back_up() {
  local to=$backups/before-$release program=$opt/releases/${before:-$release}
  has_data || return 0
  mkdir -p "$backups"
  chmod 700 "$backups"
  say "Backing up $root$data and $config to $to.backup"
  if PYLONE_DATA_DIR=$root$data "$program/bin/node" "$program/dist/main.js" backup "$to.backup" --config "$config"; then
    return
  fi
  rm -f "$to.backup"
  say "That is not to be had: copying the files to $to"
  mkdir "$to"
  if ! find "$root$data" -mindepth 1 -maxdepth 1 ! -name backups ! -name 'replaced-*' -exec cp -a --reflink=auto -t "$to" {} + ||
    ! cp -a "$config" "$to/pylone.yaml"; then
    rm -rf "$to"
    die "there is no backup, so no upgrade"
  fi
}
