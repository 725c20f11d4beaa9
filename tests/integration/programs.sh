# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# First programs of every kind for a container. Sourced after tests/lib.sh.
# shellcheck disable=SC2154 # $work comes from there

# make_programs FOLDER - each tells what it finds of the gate's work
make_programs() {
	local p=$1 name lib

	need gcc
	mkdir -p "$p/libraries"
	cat >"$work/first.c" <<-'END'
	#include <stdio.h>
	#include <string.h>
	int main(void)
	{
		char line[256];
		FILE *f = fopen("/proc/self/status", "r"), *out = fopen("/out/marker", "w");
		while (f && fgets(line, sizeof(line), f))
			if (!strncmp(line, "NoNewPrivs", 10) || !strncmp(line, "Seccomp_", 8) ||
			    !strncmp(line, "TracerPid", 9))
				fputs(line, stdout);
		return !out || fputs("ran\n", out) < 0;
	}
	END
	gcc -O1 -o "$p/dynamic" "$work/first.c" || bail "no compiler"
	gcc -O1 -static -o "$p/static" "$work/first.c"
	gcc -O1 -static-pie -fPIE -o "$p/static-pie" "$work/first.c"
	if [ "$(uname -m)" = x86_64 ]; then
		cc32 -o "$p/static-32" "$work/first.c" || bail "no compiler for 32 bits"
		gcc -m32 -O1 -isystem /usr/include/x86_64-linux-gnu -o "$p/dynamic-32" "$work/first.c" ||
			bail "no compiler for 32 bits"
	fi
	# What belongs at the root beside them
	while read -r lib; do
		mkdir -p "$p/libraries$(dirname "$lib")"
		cp -L "$lib" "$p/libraries$lib"
	done < <(for name in dynamic dynamic-32; do [ ! -e "$p/$name" ] || ldd "$p/$name"; done | grep -o '/[^ ]*')
	cp "$p/static" "$p/execute-only"
	chmod 111 "$p/execute-only"
	cp "$p/static" "$p/setuid"
	chmod 4755 "$p/setuid"
	printf '#!/prog/static\n' >"$p/script"
	printf '#!/prog/script\n' >"$p/script-of-script"
	chmod 755 "$p/script" "$p/script-of-script"
}
