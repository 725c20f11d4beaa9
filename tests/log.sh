#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# cofferdam log summary: what it counts, of records that the hook wrote and of
# lines that somebody else put into the log. Needs no root.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/lib.sh"

need jq
setup_work
cd "$work" || exit 99

# summary FILE [FILTER] - of the JSON form, by a jq filter
summary() {
	"$cofferdam" log summary --format json "$1" | jq -c "${2:-.}"
}

# record MODE REFUSED VERDICT IMAGE NAMESPACE FINDINGS
record() {
	jq -nc --arg mode "$1" --argjson refused "$2" --arg verdict "$3" --arg image "$4" \
		--arg namespace "$5" --argjson findings "$6" '{ format: 1,
		time: "2026-11-2\($ARGS.named.refused | if . then 5 else 4 end)T10:00:00.000Z",
		program: "cofferdam-hook createRuntime", mode: $mode, engine: "containerd",
		policy: "restricted", id: "c1", bundle: "/b", pid: 7, verdict: $verdict,
		refused: $refused, took_us: 5, findings: $findings }
		+ if $image == "" then {} else { image: $image, namespace: $namespace } end'
}

# --- each outcome, counted once a record ---

{
	record enforce true deny app:1 web '[{"rule":"host-pid","decides":"deny"},
		{"rule":"host-pid","decides":"deny"},{"rule":"rootfs-writable","decides":"harden"}]'
	record enforce false harden app:1 web '[{"rule":"rootfs-writable","decides":"harden"},
		{"rule":"rlimits","decides":"allow"}]'
	record audit false deny app:2 bank '[{"rule":"host-pid","decides":"deny"},
		{"rule":"rootfs-writable","decides":"harden"}]'
	record enforce false allow app:2 bank '[{"rule":"host-pid","decides":"allow","would":"deny","audit":true},
		{"rule":"host-ipc","decides":"allow","would":"unjudged"},
		{"rule":"rootfs-writable","decides":"allow","would":"harden"}]'
	record enforce false allow app:2 bank '[{"rule":"host-pid","decides":"allow","would":"deny","exempt":"OPS-1"}]'
	record enforce false allow "" "" '[]'
	record enforce true unjudged "" "" '[]' | jq -c '.failure = "config.json: not JSON"'
	record audit false unjudged "" "" '[]' | jq -c '.failure = "config.json: not JSON"'
} >log
is "records by their gravest outcome" \
	"$(summary log '[.records, .unreadable, .failures, .refused, .would_refuse, .hardened,
		.would_harden, .exempt, .warned, .clean]')" "[8,0,2,2,3,1,0,1,0,1]"
is "the time they span" "$(summary log '[.first, .last]')" \
	'["2026-11-24T10:00:00.000Z","2026-11-25T10:00:00.000Z"]'
is "by rule" "$(summary log '.rules | map([.rule, .refused, .would_refuse, .hardened,
		.would_harden, .exempt, .warned])')" \
	'[["host-pid",1,2,0,0,1,0],["host-ipc",0,1,0,0,0,0],["rootfs-writable",0,0,1,3,0,0],["rlimits",0,0,0,0,0,1]]'
is "by image" "$(summary log '.images | map([.image, .refused, .would_refuse, .hardened, .exempt, .clean])')" \
	'[[null,1,1,0,0,1],["app:1",1,0,1,0,0],["app:2",0,2,0,1,0]]'
is "by namespace" "$(summary log '.namespaces | map([.namespace, .refused, .would_refuse])')" \
	'[[null,1,1],["web",1,0],["bank",0,2]]'
is "by all three" "$(summary log '.cross[] | select(.rule == "host-pid")
	| [.image, .namespace, .refused, .would_refuse, .exempt]' | xargs)" \
	"[app:1,web,1,0,0] [app:2,bank,0,2,1]"
said=$("$cofferdam" log summary log)
like "as text: the sums" "$said" "8 records, 2026-11-24.*2 refused, 3 would have been refused, 1 hardened"
like "as text: a rule, and where it would refuse" "$said" "host-pid +1 +2 +0 +0 +1 +0
    1: image app:1, namespace web
    3: image app:2, namespace bank"
like "as text: what to do next" "$said" "Next: cofferdam explain host-pid"
# shellcheck disable=SC2094 # the command is called as the file is
is "from standard input" "$("$cofferdam" log summary --format json - <log | jq .records)" 8
mkfifo fifo
cat log log >fifo &
is "from a stream" "$(summary fifo .records)" 16
wait

# --- what the hook writes, in audit mode ---

host=$(host_config host '.mode = "audit" | .policies = [{ use: "restricted" }]')
dir=$work/io.containerd.runtime.v2.task/k8s.io/c1
mkdir -p "$dir"
base_config "$work" | jq '.process.user.uid = 0 | .annotations = {
	"io.kubernetes.cri.container-type": "container",
	"io.kubernetes.cri.image-name": "registry.example/web/app:1",
	"io.kubernetes.cri.sandbox-namespace": "shop" }' >"$dir/config.json"
jq -nc --arg bundle "$dir" --argjson pid $$ \
	'{ ociVersion: "1.0.2", id: "c1", status: "creating", pid: $pid, bundle: $bundle }' >state
(cd "$dir" && "$hook" createRuntime --engine containerd --host-config "$host" <"$work/state") >said 2>&1
is "the hook lets it start in audit mode" $? 0
is "the record has image and namespace" "$(jq -r '[.image, .namespace] | join(" ")' "$work/hosts/host.log")" \
	"registry.example/web/app:1 shop"
is "and is counted as what would have been refused, for root-user" \
	"$("$cofferdam" log summary --host-config "$host" --format json |
		jq -c '[.records, .would_refuse, (.cross[] | select(.rule == "root-user")
			| [.would_refuse, .image, .namespace])]')" \
	'[1,1,[1,"registry.example/web/app:1","shop"]]'
(cd "$dir" && "$hook" createRuntime --host-config "$host" <"$work/state") >said 2>&1
is "another engine's keys are not believed" \
	"$(tail -n 1 "$work/hosts/host.log" | jq -c '[.image, .namespace]')" "[null,null]"
quiet=$(host_config quiet '.log = { journald: true }')
said=$("$cofferdam" log summary --host-config "$quiet" 2>&1)
is "a host without a log file" $? 3
like "says how to read its journal" "$said" "journalctl -t cofferdam -o cat"

quiet=$(host_config unwritten ".log = { file: \"$work/hosts/unwritten.log\" }")
said=$("$cofferdam" log summary --host-config "$quiet" 2>&1)
is "a log that is not there yet" $? 3
like "is said to be that" "$said" "unwritten.log: does not exist: nothing was recorded yet"

# --- lines that nobody of ours wrote ---

{
	echo
	echo 'not JSON'
	echo '{"format":1'
	echo '[]'
	echo '{}'
	echo '{"format":2,"verdict":"deny","refused":true}'
	echo '{"format":1,"verdict":"deny","refused":"yes"}'
	printf '{"format":1,"verdict":"deny","refused":true,"x":"\0"}\n'
	printf '{"format":1,"verdict":"deny","refused":true,"x":"\xff\xfe"}\n'
	head -c 3000000 /dev/zero | tr '\0' '['
	echo
	printf '%.0s[' {1..2000}
	echo
	head -c 2000000 /dev/urandom | tr '\n' ' '
	echo
	cat log
	printf '%s' '{"format":1,"verdict":"deny","refused":true,"findings":[7,null,{},{"rule":7},{"rule":""},
		{"rule":"host-pid","decides":["deny"]},{"rule":"\u001b[2Jno-such","decides":"deny"}],
		"image":"\u001b[31mred\u202e","namespace":"a\nb","time":"\u001b[2J"}' | tr -d '\n\t'
	echo
	printf '{"format":1,"verdict":"allow","refused":false,"findings":{},"image":[]}'
} >hostile
is "hostile lines are counted, and the others are read" \
	"$(summary hostile '[.records, .unreadable]')" "[10,12]"
is "a rule that this version does not know" \
	"$(summary hostile '.rules | map(select(.rule | test("no-such"))) | length')" 1
"$cofferdam" log summary hostile >said
is "nothing that a terminal obeys is printed" \
	"$(LC_ALL=C grep -c '[^ -~]' said)" 0
like "what was there is shown escaped" "$(cat said)" 'x1b\[2Jno-such'

# Every line another image, rule and namespace: rows are bounded, and so is memory.
awk 'BEGIN { for (i = 0; i < 30000; i++)
	printf "{\"format\":1,\"verdict\":\"deny\",\"refused\":true,\"image\":\"i%d\",\"namespace\":\"n%d\",\"findings\":[{\"rule\":\"r%d\",\"decides\":\"deny\"}]}\n", i, i, i }' >many
if [ "$sanitizer" = no ]; then
	ulimit=60000
else
	ulimit=unlimited
fi
(ulimit -v $ulimit && "$cofferdam" log summary --format json many) >said
is "a log that names ever new images is summed up in bounded memory" \
	"$(jq -c '[.records, (.images | length), (.rules | length), (.cross | length),
		(.images[] | select(.image == "(others)").refused)]' said)" "[30000,10001,10001,10001,20000]"
# One record with very many findings is read once, not once a finding.
awk 'BEGIN { printf "{\"format\":1,\"verdict\":\"deny\",\"refused\":true,\"findings\":["
	for (i = 0; i < 30000; i++) printf "%s{\"rule\":\"r%d\"}", i ? "," : "", i
	print "]}" }' >wide
timeout 20 "$cofferdam" log summary --format json wide >said
is "a record of thirty thousand rules" "$(jq -c '[.records, (.rules | length)]' said)" "[1,8]"

# --- what the log's folder may hold instead ---

jq -nc '{ format: 1, verdict: "deny", refused: true, image: "a\u009b2J\u202e",
	findings: [ { rule: "no-such\u001b[31m", decides: "deny" }, { rule: "host-pid", decides: "deny" } ] }' >odd
"$cofferdam" log summary --format json odd >said
is "as JSON a name is escaped, too" "$(grep -c $'\xc2\x9b\|\xe2\x80\xae' said) $(jq -r '.images[0].image' said)" \
	$'0 a\xc2\x9b2J\xe2\x80\xae'
"$cofferdam" log summary odd >said
like "what to explain next is a rule" "$(cat said)" $'Next: cofferdam explain host-pid$'
for what in fifo zero folder; do
	case $what in
	fifo) mkfifo instead ;;
	zero) ln -s /dev/zero instead ;;
	folder) mkdir instead ;;
	esac
	echo "{ \"format\": 1, \"log\": { \"file\": \"$work/instead\" } }" >own.json
	timeout 20 "$cofferdam" log summary --host-config own.json >said 2>&1
	is "a log that is no file is not waited for: $what" "$? $(cat said)" \
		"3 cofferdam: $work/instead: not a regular file"
	rm -rf instead
done

# --- usage ---

for arguments in "" "sumary" "summary a b" "summary --format xml log" "summary --policy x log"; do
	# shellcheck disable=SC2086 # several words
	"$cofferdam" log $arguments >said 2>&1
	is "exit 2: log $arguments" $? 2
done
"$cofferdam" log summary "$work/none" >said 2>&1
is "no such file" $? 3
"$cofferdam" log summary /dev/null >said
is "an empty log" "$? $(cat said)" "0 0 records"
done_testing
