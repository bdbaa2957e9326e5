#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# QMP over tcp, as a server and as a client that connects again, and a
# connection that is cut from another monitor.
# shellcheck disable=SC1091,SC2153,SC2154
set -euo pipefail
. "$(dirname "$0")/../monitor/qmp.bash"

port=$((20000 + $$ % 20000))
start_vmm -qmp "unix:$tmp/a,server=on,wait=off" \
    -qmp "tcp:127.0.0.1:$port,server=on,wait=off" \
    -chardev "socket,id=back,path=$tmp/listener,reconnect=1" \
    -mon chardev=back,mode=control

talk "tcp:127.0.0.1:$port" <<'END'
= QMP
> {"execute": "qmp_capabilities"}
= {"return": {}}
> {"execute": "query-chardev"}
= {"label": "compat_monitor1", "filename": "
END
echo "ok   tcp"

# One client is cut by another one.
coproc VICTIM { exec "$client" "tcp:127.0.0.1:$port"; }
victim_pid=$VICTIM_PID
exec {victim_out}<&"${VICTIM[0]}"
printf '= QMP\n> {"execute": "qmp_capabilities"}\n= return\neof\n' \
    >&"${VICTIM[1]}"
read -r _ <&"$victim_out"
read -r _ <&"$victim_out"
talk "unix:$tmp/a" <<'END'
> {"execute": "qmp_capabilities", "arguments": {"enable": ["oob"]}}
= QMP
= {"return": {}}
> {"exec-oob": "yank", "arguments": {"instances": [{"type": "chardev", "id": "nope"}]}}
= DeviceNotFound
> {"exec-oob": "yank", "arguments": {"instances": [{"type": "chardev", "id": "compat_monitor1"}]}}
= {"return": {}}
END
eval "exec ${VICTIM[1]}>&-"
cat <&"$victim_out" >/dev/null
wait "$victim_pid"
echo "ok   yank"

# The machine is the client, and comes again when it was left: it finds a
# monitor of another machine, which reads its greeting as a request.
first=$vmm_pid
start_vmm -S -qmp "unix:$tmp/listener,server=on,wait=off" \
    -qmp "unix:$tmp/c,server=on,wait=off"
talk "unix:$tmp/c" <<'END'
= QMP
> {"execute": "qmp_capabilities"}
= {"return": {}}
> {"execute": "quit"}
= {"return": {}}
END
end_vmm
vmm_pid=$first
talk "unix:$tmp/a" <<'END'
> {"execute": "qmp_capabilities"}
= QMP
= {"return": {}}
> {"execute": "query-status"}
= "status": "running"
> {"execute": "quit"}
= {"return": {}}
END
end_vmm
echo "ok   client"
