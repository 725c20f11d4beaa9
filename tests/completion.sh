#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Completion of command lines: the scripts parse, complete what they should in a
# real bash and zsh, and offer what the program takes, no more and no less. The
# manual pages name all of it, too. Needs no root.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/lib.sh"

need jq
setup_work
cd "$work" || exit 99
script=$src/completion/cofferdam.bash

# --- bash ---

holds "the bash script parses" bash -n "$script"
# complete LINE - what bash offers where the line ends
complete_bash() {
	bash --norc -c '
		. "$1"
		COMP_LINE=$2
		read -ra COMP_WORDS <<<"$COMP_LINE"
		[[ $COMP_LINE != *" " ]] || COMP_WORDS+=("")
		COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
		function=$(complete -p cofferdam)
		function=${function#*-F }
		${function%% *} cofferdam "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
		printf "%s\n" "${COMPREPLY[@]}"' bash "$script" "$1" 2>"$work/err" | sort | paste -sd" "
	[ ! -s "$work/err" ] || cat "$work/err"
}

commands=$("$cofferdam" --help | sed -n 's/^  \([a-z]*\) .*/\1/p')
touch config.json
mkdir folder
# shellcheck disable=SC2086 # several words
is "commands" "$(complete_bash 'cofferdam ')" \
	"$(printf '%s\n' "$commands" help --help --version | sort | paste -sd" ")"
is "the start of a command" "$(complete_bash 'cofferdam co')" "completion controls"
is "options" "$(complete_bash 'cofferdam check --d')" "--door"
is "an option's words" "$(complete_bash 'cofferdam check --door ')" "hook precreate runtime"
is "of which another command takes others" "$(complete_bash 'cofferdam install --door d')" "divert"
is "formats" "$(complete_bash 'cofferdam rules --format ')" "json md text"
is "engines" "$(complete_bash 'cofferdam uninstall --engine ')" "all containerd crio docker podman"
like "policies" "$(complete_bash 'cofferdam check --policy ')" 'baseline.*cis-docker.*restricted'
is "files" "$(complete_bash 'cofferdam check --facts conf')" "config.json"
is "folders" "$(complete_bash 'cofferdam install --root f')" "folder"
is "operands that are files" "$(complete_bash 'cofferdam check -v c')" "config.json"
is "rules" "$(complete_bash 'cofferdam explain host-p')" "host-path host-pid"
is "every rule" "$(complete_bash 'cofferdam explain ' | wc -w)" \
	"$(($("$cofferdam" rules --format json | jq length) + $(find . -mindepth 1 -maxdepth 1 | wc -l)))"
is "subcommands" "$(complete_bash 'cofferdam seccomp ')" "compare lint show"
is "profiles" "$(complete_bash 'cofferdam seccomp show ha')" "hardened"
is "nothing where nobody can say" "$(complete_bash 'cofferdam check --jobs ')" ""
is "commands to ask help for" "$(complete_bash 'cofferdam help lo')" "log"
is "nothing behind no command" "$(complete_bash 'cofferdam nonsense ')" ""

# A folder's name is no command
mkdir -p "b/mine" "b/\$(touch PWNED)"
sed "s#[^ ]*/cofferdam/bundles/#$work/b/#" "$src/completion/cofferdam.bash" >own.bash
like "policies of the host, by plain names" "$(bash -c '. ./own.bash; _cofferdam_policies' | xargs)" ' mine$'
is "an odd one is not offered" "$(bash -c '. ./own.bash; _cofferdam_policies' | grep -c touch)" 0

# --- zsh, by its own completion in a terminal of its own ---

cat >zsh.sh <<'END'
zmodload zsh/zpty
zpty z zsh -f -i
send() { zpty -w z "$1"; }
send "PS1= PS2= RPS1=; unsetopt prompt_cr prompt_sp zle_bracketed_paste; setopt no_beep"
send "fpath=($1 \$fpath); autoload -Uz compinit; compinit -u -D"
send "zstyle ':completion:*' list-colors; LISTMAX=1000; COLUMNS=200; compdef -p '_x' x"
# What completion adds, one match a line, instead of a list on a screen.
send "compadd() { local -a all; builtin compadd -O all \"\$@\"; print -rl -- MATCH:\${^all} >>$2/matches; builtin compadd \"\$@\"; }"
send "show() { zle list-choices; }; zle -N show; bindkey '^T' show; print ready >$2/ready"
for i in {1..200}; do [[ -e $2/ready ]] && break; sleep 0.05; done
zpty -w -n z "$3"$'\x14'
for i in {1..100}; do sleep 0.05; [[ -e $2/matches ]] && break; done
sleep 0.3
zpty -d z
END
complete_zsh() {
	rm -f matches ready
	timeout 30 zsh -f zsh.sh "$src/completion" "$work" "$1" >/dev/null 2>&1
	sed -n 's/^MATCH://p' matches 2>/dev/null | sort -u | xargs
}
if command -v zsh >/dev/null; then
	holds "the zsh script parses" zsh -n "$src/completion/_cofferdam"
	like "zsh: commands" " $(complete_zsh 'cofferdam ') " ' check .* controls .* explain '
	like "zsh: an option's words" " $(complete_zsh 'cofferdam check --door ') " ' hook precreate runtime '
	like "zsh: options" " $(complete_zsh 'cofferdam harden --') " ' --diff .* --in-place '
	like "zsh: rules" " $(complete_zsh 'cofferdam explain host-') " ' host-path host-pid '
	like "zsh: subcommands" " $(complete_zsh 'cofferdam seccomp ') " ' compare lint show '
	like "zsh: profiles" " $(complete_zsh 'cofferdam seccomp show ') " ' hardened '
else
	skip "completion in zsh" "zsh is missing: see scripts/setup.sh"
fi

# --- what is offered is what is taken ---

# An option that is understood is passed over, and the one behind it is complained of.
takes() {
	local said

	said=$("$cofferdam" "$1" "$2" --no-such-option 2>&1 </dev/null)
	[[ $said == *"missing: --no-such-option"* || $said =~ ^"cofferdam $1: --"[a-z-]*" takes" ]]
}
offered='' taken='' forgotten=''
options=$(sed -n 's/^	WORD("\([a-z-]*\)", .*/\1 required/p;s/^	FLAG("\([a-z-]*\)", .*/\1 no/p' \
	"$src/src/cli/common.c" | sort -u)
is "more than fifteen options were found" "$(($(wc -l <<<"$options") > 15))" 1
while read -r option kind; do
	# getopt_long(3) takes the start of a longer name for it: nothing can be told of "for"
	[ "$(cut -d ' ' -f 1 <<<"$options" | grep -c "^$option")" = 1 ] || continue
	word=--$option
	[ "$kind" = no ] || word+="=x"
	for command in $commands; do
		if takes "$command" "$word"; then
			taken+="$command --$option"$'\n'
		fi
	done
done <<<"$options"
for command in $commands; do
	for option in $(complete_bash "cofferdam $command -"); do
		[ "$option" = --help ] ||
			[ "$(cut -d ' ' -f 1 <<<"$options" | grep -c "^${option#--}")" -gt 1 ] ||
			offered+="$command $option"$'\n'
	done
done
is "what is offered is taken, and what is taken is offered" \
	"$(diff <(sort <<<"$offered") <(sort <<<"$taken"))" ""

# --- the manual pages, by the same tables ---

page=$src/docs/man/cofferdam.1
for command in $commands; do
	grep -q "^\.It Cm $command\b" "$page" || forgotten+=" $command"
done
mapfile -t known < <(cut -d ' ' -f 1 <<<"$options")
for option in "${known[@]}"; do
	grep -qE "(Fl |, )-$option\b" "$page" || forgotten+=" --$option"
done <<<"$options"
is "cofferdam(1) has every command and every option" "$forgotten" ""
# in_page PAGE - the options that it lists, each once
in_page() {
	grep '^\.It Fl' "$src/docs/man/$1" | grep -oE '(Fl|,) -[a-z-]+' | sed 's/.* -//' | sort -u
}
is "and no option that there is not" \
	"$(comm -23 <(in_page cofferdam.1) <(printf '%s\n' help version "${known[@]}" | sort -u))" ""
for program in hook runtime; do
	is "cofferdam-$program(8) has the options of its --help, and no others" "$(in_page cofferdam-$program.8)" \
		"$("$build/cofferdam-$program" --help | grep -E '^  --' | grep -oE '(^  |, )--[a-z-]+' |
			sed 's/.*--//' | sort -u)"
done
like "the README counts the rules" "$(cat "$src/README.md")" \
	"has $("$cofferdam" rules --format json | jq length) rules, "
forgotten=
while read -r rule name; do
	awk -v rule="$rule" -v name="$name" '
		/^\.It Cm / { inside = index(" " $0 " ", " " rule " ") > 0 }
		inside && index(" " $0 " ", " " name " ") { found = 1 }
		END { exit !found }' "$src/docs/man/cofferdam-policy.5" || forgotten+=" $rule:$name"
done < <("$cofferdam" rules --format json | jq -r '.[] | .id as $id | .params[] | "\($id) \(.name)"')
is "cofferdam-policy(5) has every parameter of every rule" "$forgotten" ""

for arguments in "" "fish" "bash zsh"; do
	# shellcheck disable=SC2086 # several words
	"$cofferdam" completion $arguments >out 2>&1
	is "exit 2: completion $arguments" $? 2
done
done_testing
