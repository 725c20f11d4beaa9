#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# install and uninstall that are killed, that run out of room, or that run several at a
# time: whatever happened, the next one mends it, and everything is as it was. Needs no
# root and starts no engine.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/install-lib.sh
. "$(dirname "$0")/install-lib.sh"
# shellcheck disable=SC2154

need strace
[ "$sanitizer" = no ] && step=1 || step=5	# sanitizers take their time
ASAN_OPTIONS=$ASAN_OPTIONS:detect_leaks=0	# LeakSanitizer does not work below strace

moments=0	# at which something was injected
bad=0		# of these, where something was not as it is to be

# amiss WHAT TEXT
amiss() {
	bad=$((bad + 1))
	note "$1" "$2"
}

# injected CALL INJECTION COMMAND... - its exit status; 255 when there was nothing to inject at
injected() {
	local call=$1 what=$2

	shift 2
	strace -qq -o trace -e "trace=$call" -e "inject=$call:$what" "$@" >said 2>&1
	set -- $?
	[ "$1" = 137 ] || grep -qE 'INJECTED|DELAYED' trace || return 255
	moments=$((moments + 1))
	return "$1"
}

# as_it_was WHAT - uninstall, and see
as_it_was() {
	try uninstall --root "$root"
	[ "$status" = 0 ] || amiss "$1: uninstall" "$status $out"
	[ "$(tree)" = "$before" ] || amiss "$1" "$(diff <(echo "$before") <(tree))"
}

# counted DESCRIPTION LEAST
counted() {
	is "$1: everything is as it was" "$bad" 0
	is "$1: $moments moments, enough" "$((moments >= $2 / step))" 1
	moments=0
	bad=0
}

# --- killed ---

# killed VERB DOOR CALL - at each of them; every other time install comes before uninstall
killed() {
	local verb=$1 door=$2 call=$3 n install=(install --root "$work/root" --engine all)

	[ -z "$door" ] || install+=(--door "$door")
	for ((n = 1; n < 60; n += step)); do
		host
		before=$(tree)
		if [ "$verb" = install ]; then
			injected "$call" "signal=KILL:when=$n" "$cofferdam" "${install[@]}"
		else
			"$cofferdam" "${install[@]}" >/dev/null || amiss "install" ""
			injected "$call" "signal=KILL:when=$n" "$cofferdam" uninstall --root "$root"
		fi
		[ $? = 137 ] || break
		if [ $((n % 2)) = 0 ]; then
			try "${install[@]}"
			[ "$status" = 0 ] || amiss "$verb $door $call $n: install" "$status $out"
			try status --root "$root"
			[ "$status" = 0 ] || amiss "$verb $door $call $n: status" "$status $out"
		fi
		as_it_was "$verb $door $call $n"
	done 2>/dev/null
}

for call in mkdirat write renameat; do
	killed install "" $call
done
counted "install, killed" 30
for call in symlinkat linkat renameat; do
	killed install divert $call
done
counted "install --door divert, killed" 22
killed uninstall "" unlinkat
killed uninstall divert renameat
counted "uninstall, killed" 25

# --- no room ---

for call in mkdirat write renameat fsync; do
	for ((n = 1; n < 60; n += step)); do
		host
		before=$(tree)
		injected $call "error=ENOSPC:when=$n" "$cofferdam" install --root "$root" --engine all
		case $? in
		255) break ;;
		3)
			# unless it was its own output
			if grep -q 'nothing was changed' said && [ "$(tree)" != "$before" ]; then
				amiss "$call $n: nothing was changed" "$(diff <(echo "$before") <(tree))"
			fi
			;;
		*) amiss "$call $n" "$(tail -n 3 said)" ;;
		esac
		as_it_was "$call $n"
	done
done
counted "install without room" 45

for call in write renameat fsync; do
	for ((n = 1; n < 60; n += step)); do
		host
		before=$(tree)
		"$cofferdam" install --root "$root" --engine all >/dev/null || amiss "install" ""
		injected $call "error=ENOSPC:when=$n" "$cofferdam" uninstall --root "$root"
		[ $? != 255 ] || break
		as_it_was "uninstall, $call $n"
	done
done
counted "uninstall without room" 7

# From the containers.conf of podman, the last file, on: nor can daemon.json be put back.
host
before=$(tree)
n=$("$cofferdam" install --root "$root" --engine all >/dev/null &&
	"$cofferdam" uninstall --root "$root" >/dev/null &&
	strace -qq -e trace=renameat "$cofferdam" install --root "$root" --engine all 2>&1 >/dev/null | grep -c renameat)
try uninstall --root "$root"
injected renameat "error=ENOSPC:when=$n+" "$cofferdam" install --root "$root" --engine all
is "what cannot be put back: it fails" $? 3
like "what cannot be put back: it says so" "$(cat said)" \
	"not everything could be put back .*run cofferdam uninstall"
as_it_was "what cannot be put back"
counted "what cannot be put back" 1

# --- several at a time ---

host
before=$(tree)
injected renameat "delay_enter=100000" "$cofferdam" install --root "$root" --engine docker &
sleep 0.3
for engine in podman containerd crio podman; do
	"$cofferdam" install --root "$root" --engine $engine >"said.$engine" 2>&1 ||
		amiss "$engine, meanwhile" "$(cat "said.$engine")"
done
wait $! || amiss "docker" "$(cat said)"
try status --root "$root"
is "four installs at once: each is told of" \
	"$status $(grep -oE '^(podman|crio|containerd|docker)' <<<"$out" | tr '\n' ' ')" \
	"0 podman crio containerd docker "
injected unlinkat "delay_enter=50000" "$cofferdam" uninstall --root "$root" --engine docker &
sleep 0.2
"$cofferdam" uninstall --root "$root" --engine podman >said.podman 2>&1 ||
	amiss "uninstall, meanwhile" "$(cat said.podman)"
wait $! || amiss "uninstall" "$(cat said)"
try status --root "$root"
is "two uninstalls at once: both are gone" \
	"$status $(grep -oE '^(podman|crio|containerd|docker)' <<<"$out" | tr '\n' ' ')" \
	"0 crio containerd "
as_it_was "one after the other"
moments=1
counted "several at a time" 1

# --- the programs themselves ---

# made TARGET - of the Makefile, into a folder of its own
made() {
	MAKEFLAGS='' make -C "$build" "DESTDIR=$work/dest" "$1" >said 2>&1
}

if [ -e "$build/Makefile" ]; then
	made install-pkglibexecPROGRAMS || note "$(cat said)"
	program=$work/dest$hook_path
	ln "$program" old
	(
		while [ ! -e enough ]; do
			[ -x "$program" ] || echo missing
		done
	) >seen &
	for _ in 1 2 3; do
		made install-pkglibexecPROGRAMS || note "$(cat said)"
	done
	touch enough
	wait
	is "make install: a new program, and no moment without one" \
		"$([ "$program" -ef old ] || echo new) $(sort -u seen)" "new "
	installed=$work/dest$kept
	mkdir -p "$installed"
	touch "$installed/install.json"
	made uninstall-pkglibexecPROGRAMS
	like "make uninstall: not while an engine is told of it" "$? $(cat said)" "^2 .*run cofferdam uninstall first"
	is "make uninstall: it is there" "$([ -x "$program" ] && echo yes)" yes
	rm "$installed/install.json"
	made uninstall-pkglibexecPROGRAMS
	is "make uninstall: and then it goes" "$? $([ -e "$program" ] || echo gone)" "0 gone"
fi

done_testing
