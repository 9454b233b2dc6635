# Installs daemons for their programs alone: none is started, now or at the next boot.
#
#     sh without_daemons.sh SERVICE… -- COMMAND…
#
# COMMAND installs packages. A service that was there before is left as it is, running or not.
set -eu

new=
while [ "$1" != -- ]; do
    [ -e "/etc/init.d/$1" ] || [ -e "/lib/systemd/system/$1.service" ] || new="$new $1"
    shift
done
shift

# What Debian asks before it starts a service. One that is there already is the administrator's, or a container's that
# starts nothing anyway; one of ours is left over from a run that was killed.
policy=/usr/sbin/policy-rc.d
ours='# Made by cargo xtask for one installation. It may be removed.'
if [ ! -e "$policy" ] || grep --quiet --line-regexp --fixed-strings "$ours" "$policy"; then
    trap 'exit 1' HUP INT TERM
    trap 'rm -f "$policy"' EXIT
    printf '%s\n' '#!/bin/sh' "$ours" "for new in ''$new; do [ \"\$1\" = \"\$new\" ] && exit 101; done" 'exit 0' >"$policy"
    chmod 755 "$policy"
fi

"$@"

for service in $new; do
    # In case the administrator's policy let it start.
    invoke-rc.d --quiet "$service" stop || true
    if [ -e "/lib/systemd/system/$service.service" ] && command -v systemctl >/dev/null; then
        systemctl disable "$service"
    elif [ -e "/etc/init.d/$service" ]; then
        update-rc.d "$service" disable
    fi
done
