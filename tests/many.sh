#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# cofferdam check of many inputs, on several threads: told in order, each as if it
# were alone, in bounded memory. Needs no root.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/lib.sh"

need jq
setup_work
cd "$work/bundles" || exit 99

alone='.mounts |= map(select(.type != "bind"))'
good=$(bundle good "$alone")
bad=$(bundle bad "$alone" '.process.user.uid = 0 | .linux.namespaces = []')
broken=$(bundle broken "$alone")
echo '{ "root": ' >"$broken/config.json"

# Of a hundred and twenty, every third is allowed, denied, or no configuration at all.
mkdir tree
for i in {1000..1119}; do
	mkdir "tree/$i"
	case $((i % 3)) in
	0) cp "$good/config.json" "tree/$i" ;;
	1) cp "$bad/config.json" "tree/$i" ;;
	*) cp "$broken/config.json" "tree/$i" ;;
	esac
done

"$cofferdam" check --jobs 1 --policy restricted tree >one.out 2>one.err
is "one thread: the worst wins" $? 3
is "one thread: all are told" "$(grep -c ' by policy restricted$' one.out) $(wc -l <one.err)" "80 40"
is "one thread: and their sum is" "$(tail -n 1 one.out)" \
	"120 configurations: 40 would start, 40 denied, 40 could not be judged"
is "one input has none" "$("$cofferdam" check --policy restricted tree/1000 | grep -c configurations)" 0
is "nor has JSON" "$("$cofferdam" check --format json --policy restricted tree/1000 tree/1001 |
	grep -vc '^{')" 0
for jobs in 2 7 64; do
	"$cofferdam" check --jobs $jobs --policy restricted tree >out 2>err
	is "$jobs threads: the same exit status" $? 3
	holds "$jobs threads: the same, in the same order" cmp one.out out
	holds "$jobs threads: errors likewise" cmp one.err err
done
"$cofferdam" check --policy restricted tree >out 2>err
holds "as many as there are processors: the same" cmp one.out out

# Of a folder all is told by name; no link leads elsewhere, and nothing in a bundle is one.
mkdir -p odd/x/{B,a,config.json/in,config.json-,d/rootfs/b,none,.h}
for i in a config.json/in config.json- d d/rootfs d/rootfs/b .h; do
	cp "$good/config.json" "odd/x/$i"
done
ln -s ../a/config.json odd/x/B/config.json
ln -s a odd/x/link
ln -s ../nowhere odd/x/none/config.json
ln -s odd named
for folder in odd odd/ named; do
	is "$folder: by name" "$("$cofferdam" check --jobs 2 --policy restricted $folder 2>&1 |
		sed -nE "s,^(cofferdam: )?${folder%/}/x/(.*)/config.json: .*,\\2,p" | xargs)" \
		".h B a config.json/in config.json- d none"
done

"$cofferdam" check --jobs 4 --format json --policy restricted tree good tree/1001 none tree >out 2>err
is "JSON: one object for each input, in order" \
	"$(jq -rs 'map(.name) | [.[0], .[119], .[120], .[121], .[122], .[123], length] | join(" ")' out)" \
	"tree/1000/config.json tree/1119/config.json good/config.json tree/1001/config.json none tree/1000/config.json 243"
is "JSON: nothing on standard error" "$(cat err)" ""

# What cannot be read stands in its place, between the others.
"$cofferdam" check --jobs 4 --policy restricted good none good missing good >out 2>&1
is "errors are told in their turn" "$(sed -n 's/^\(good\).*allowed.*/\1/p;s/^cofferdam: \.\/\([a-z]*\).*/\1/p' out | xargs)" \
	"good none good missing good"
"$cofferdam" check --jobs 4 --policy restricted good good - bad good <"$bad/config.json" >out 2>&1
is "standard input is judged in its turn" \
	"$(sed -n 's/^\([a-z ]*\)\/*[a-z.]*: \(allowed\|denied\).*/\1 \2/p' out | paste -sd,)" \
	"good allowed,good allowed,standard input denied,bad denied,good allowed"

# Facts that inputs share are the facts that each would have found for itself.
mounts=$(bundle mounts '.mounts[-1].source = "/etc" | .linux.namespaces[0].path = "/proc/self/ns/pid"')
for policy in baseline restricted cis-docker; do
	"$cofferdam" check --policy $policy --format json "$mounts" "$mounts" "$mounts" "$bad" "$mounts" |
		jq -c 'select(.name | test("mounts"))' >out
	is "$policy: what is looked up once for all is judged alike" "$(sort -u out | wc -l) $(wc -l <out)" "1 4"
done
like "and the facts were needed" "$(cat out)" '"rule":"host-pid".*"rule":"sensitive-mount"'

# A seccomp profile in which nothing was found needs no second look; no other profile
# passes by that, nor one of which a denial by another rule said it all.
weak='.linux.seccomp.syscalls += [{ names: ["bpf", "keyctl"], action: "SCMP_ACT_ALLOW" }]'
bundle weak "$alone" "$weak" >/dev/null
bundle privileged "$alone" "$weak" '.process.capabilities |= map_values(. + ["CAP_SYS_ADMIN", "CAP_SYS_MODULE"])
	| .linux.resources.devices = [{ allow: true, access: "rwm" }]
	| del(.linux.maskedPaths, .linux.readonlyPaths)' >/dev/null
# found INPUT... - one letter each: w for the finding, - for none
found() {
	"$cofferdam" check --jobs 2 --policy restricted --format json "$@" |
		jq -r 'if any(.findings[]; .rule == "seccomp-weak") then "w" else "-" end' | paste -sd ''
}
is "a weak profile is found behind harmless ones" "$(found good good good weak good weak weak good)" "---w-ww-"
# Of a weak one that is known, the next is told the same as if it were alone.
bundle other "$alone" "$weak" '.linux.seccomp.syscalls += [{ names: ["mount"], action: "SCMP_ACT_ALLOW" }]' >/dev/null
# told FORMAT INPUT... - all but the lines between inputs, and their sum
told() {
	"$cofferdam" check --verbose --jobs 1 --policy restricted --format "$@" 2>&1 | grep . |
		grep -v '^[0-9]* configurations: '
}
for format in text json; do
	for one in weak good weak other weak other privileged; do
		told $format $one
	done >alone
	told $format weak good weak other weak other privileged >together
	holds "$format: a weak profile that is known is told as any other" cmp alone together
done
is "and behind those of which more was to say" \
	"$(found privileged privileged privileged weak good weak | tail -c 4)" "w-w"

# Memory does not grow with the number of inputs: what four thousand have to say is
# more than ten megabytes.
inputs=()
for _ in {1..4000}; do
	inputs+=(bad)
done
"$cofferdam" check --jobs 2 --policy restricted --format json "${inputs[@]}" >out 2>err &
pid=$!
peak=0
while now=$(sed -n 's/^VmHWM:[^0-9]*\([0-9]*\) kB/\1/p' /proc/$pid/status 2>/dev/null) && [ -n "$now" ]; do
	peak=$now
	sleep 0.05
done
wait $pid
size=$(stat -c %s out)
if [ "$sanitizer" = no ]; then
	is "$((size / 1000000)) megabytes are told in $peak KiB of memory" \
		"$((size > 10000000 && peak > 0 && peak < 8192))" 1
fi	# a sanitizer has its own

if [ -w /dev/full ]; then
	"$cofferdam" check --policy restricted good good good >/dev/full 2>err
	is "a full standard output is no success" "$? $(grep -c 'standard output' err)" "3 1"
else
	skip "a full standard output" "no /dev/full"
fi

# Progress: where standard error is a terminal and standard output is not.
if command -v script >/dev/null; then
	script -qec "'$cofferdam' check --jobs 2 --policy restricted tree >'$work/out'" /dev/null \
		</dev/null >progress 2>&1
	like "progress on a terminal" "$(tr '\r' '\n' <progress)" '[0-9]+ judged'
	like "which is erased in the end" "$(tail -c 20 progress | tr -d '\r')" $'\033\\[K$'
	script -qec "'$cofferdam' check --jobs 2 --policy restricted tree" /dev/null </dev/null >progress 2>&1
	unlike "none between results on a terminal" "$(head -c 100000 progress)" '[0-9] judged'
else
	skip "progress" "script(1) is missing"
fi

for jobs in 0 -1 65 x "" 2x; do
	"$cofferdam" check --jobs "$jobs" good >out 2>&1
	is "exit 2: --jobs '$jobs'" $? 2
done
done_testing
