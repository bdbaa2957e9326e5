#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# QMP on a unix socket: the protocol, nonsense, out-of-band commands while the
# main loop is blocked, clients that come and go, several monitors, events.
# shellcheck disable=SC1091,SC2153,SC2154
set -euo pipefail
. "$(dirname "$0")/../monitor/qmp.bash"

start_vmm -S -name guest=box -qmp "unix:$tmp/a,server=on,wait=off" \
    -chardev "socket,id=b,path=$tmp/b,server=on,wait=off" \
    -mon chardev=b,mode=control,pretty=on \
    -qmp "unix:$tmp/c,server=on,wait=off" \
    -device virtio-serial-device,id=vs

# Greeting, negotiation, errors; whatever is sent, it goes on.
talk "unix:$tmp/a" <<'END'
= {"QMP": {"version": {"qemu": {"micro": 0, "minor": 2, "major": 7}, "package": "holdfast"}, "capabilities": ["oob"]}}
> {"execute": "query-version"}
= CommandNotFound
> {]
= GenericError
>> {\xff
= GenericError
> {'execute': 'no-such-cmd'}
= CommandNotFound
>> {'bad \xff
= GenericError
>> {'execute': 'nonexistent', 'id':'\n
= GenericError
> %p
= GenericError
> null
= GenericError
> {}
= GenericError
> {'id': [1, {'a': null}]}
= "id": [1, {"a": null}]
> {"execute": "qmp_capabilities", "arguments": {"enable": ["oob"]}}
= {"return": {}}
> {"execute": "qmp_capabilities"}
= CommandNotFound
>> {"execute": "query-na
>> me", "id": "cut"}{"exec
>> ute": "query-status"}
= {"return": {"name": "box"}, "id": "cut"}
= "status": "prelaunch"
> {"exec-oob": "query-status", "id": 1}
= GenericError
END
echo "ok   protocol"

# The next one on the same socket starts anew; the other monitor is pretty.
talk "unix:$tmp/a" <<'END'
= QMP
> {"execute": "query-status"}
= CommandNotFound
END
talk "unix:$tmp/b" <<'END'
~ "capabilities": [
~ }
~ }
> {"execute": "qmp_capabilities"}
~ {
~     "return": {
~     }
~ }
END
echo "ok   reconnect, pretty"

# A command that blocks the main loop does not block out-of-band ones, nor are
# the ones behind it lost.
coproc QMP { exec "$client" "unix:$tmp/a"; }
qmp_pid=$QMP_PID
exec {qmp_out}<&"${QMP[0]}"
{
    echo '= QMP'
    echo '> {"execute": "qmp_capabilities", "arguments": {"enable": ["oob"]}}'
    echo '= {"return"'
    echo '> {"execute": "chardev-add", "arguments": {"id": "w", "backend": {"type": "socket", "data": {"wait": true, "addr": {"type": "unix", "data": {"path": "'"$tmp/w"'"}}}}}, "id": "blocks"}'
    echo '> {"execute": "query-name", "id": "behind"}'
    echo '> {"exec-oob": "query-yank", "id": "oob"}'
    echo '= "id": "oob"'
} >&"${QMP[1]}"
while read -r line <&"$qmp_out"; do
    case $line in
    *'"id": "oob"'*) break ;;
    *blocks* | *behind*) echo "it did not block: $line" >&2; exit 1 ;;
    esac
done
"$client" "unix:$tmp/w" </dev/null
{
    echo '= "id": "blocks"'
    echo '= "id": "behind"'
    echo '> {"execute": "chardev-remove", "arguments": {"id": "w"}}'
    echo '= return'
} >&"${QMP[1]}"
eval "exec ${QMP[1]}>&-"
cat <&"$qmp_out" >/dev/null
wait "$qmp_pid"
echo "ok   out of band"

# Many at once, that leave in the middle of things.
for _ in 1 2 3 4 5 6 7 8; do
    printf '> {"execute": "qmp_capabilities"}\n>> {"execute": "query-qmp-schema"}{"execute": "query-sta' |
        "$client" "unix:$tmp/a" >/dev/null &
    printf '= \n> {"execute": "qmp_capabilities"}{"execute": "query-qmp-schema"}\n' |
        "$client" "unix:$tmp/b" >/dev/null &
done
for job in $(jobs -p); do
    [ "$job" = "$vmm_pid" ] || wait "$job"
done
echo "ok   many clients"

# What happens is told to all who negotiated.
coproc OTHER { exec "$client" "unix:$tmp/c"; }
other_pid=$OTHER_PID
exec {other_out}<&"${OTHER[0]}"
{
    echo '= QMP'
    echo '> {"execute": "qmp_capabilities"}'
    echo '= "return"'
} >&"${OTHER[1]}"
read -r _ <&"$other_out"
read -r _ <&"$other_out"
{
    echo '< "event": "RESUME"'
    echo '< "event": "STOP"'
    echo '< "event": "RESET"'
    echo '< "event": "SHUTDOWN"'
    echo 'eof'
} >&"${OTHER[1]}"
talk "unix:$tmp/a" <<'END'
> {"execute": "qmp_capabilities"}
= QMP
= return
> {"execute": "cont"}
< "event": "RESUME"
= {"return": {}}
> {"execute": "query-status"}
= {"return": {"running": true, "singlestep": false, "status": "running"}}
> {"execute": "stop"}
< "event": "STOP"
= {"return": {}}
> {"execute": "system_powerdown"}
< "event": "POWERDOWN"
= {"return": {}}
> {"execute": "system_reset"}
< "event": "RESET", "data": {"guest": false, "reason": "host-qmp-system-reset"}
> {"execute": "device_add", "arguments": {"driver": "virtserialport", "id": "p", "name": "x"}}
= {"return": {}}
> {"execute": "device_del", "arguments": {"id": "p"}}
< "event": "DEVICE_DELETED", "data": {"device": "p", "path": "/machine/peripheral/p"}
= {"return": {}}
> {"execute": "quit"}
= {"return": {}}
< "event": "SHUTDOWN", "data": {"guest": false, "reason": "host-qmp-quit"}
eof
END
eval "exec ${OTHER[1]}>&-"
cat <&"$other_out" >/dev/null
wait "$other_pid"
end_vmm
echo "ok   events, quit"
