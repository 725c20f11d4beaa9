# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # used by, and come from, those who source this
#
# A host with a folder of policies, and the bundles that the tests of cofferdam bundle make.
# Sourced after tests/lib.sh.

need jq
setup_work
cd "$work" || exit 99
mkdir etc src
echo '{ "format": 1, "policies": [{ "use": "web" }] }' >etc/host.json
on=(--host-config etc/host.json)

# web VERSION NUMBER - the bundle src/web, of which both files hold the number
web() {
	rm -rf src/web
	mkdir -p src/web/profiles
	jq --argjson n "$2" '.syscalls += [{ names: ["read"], action: "SCMP_ACT_ALLOW",
		args: [{ index: 0, op: "SCMP_CMP_EQ", value: $n }] }]' \
		"$src/policy/seccomp/hardened.json" >src/web/profiles/own.json
	jq -n --argjson n "$2" '{ format: 1, name: "web", description: "number \($n)",
		extends: "baseline", rules: { "pids-limit": { action: "deny", max: $n },
		"seccomp-missing": { profile: "profiles/own.json" } } }' >src/web/policy.json
	"$cofferdam" bundle seal src/web "$1" >/dev/null
}

digest() {
	echo "sha256:$(sha256sum <"$1/manifest.json" | cut -d' ' -f1)"
}
