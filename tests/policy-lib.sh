# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # used by, and come from, those who source this
#
# A host with policies of its own that extend one another, for the tests of cofferdam policy.
# Sourced after tests/lib.sh.

need jq
setup_work
cd "$work" || exit 99
mkdir -p bundles/web bundles/corp
corpus=$src/tests/corpus/containerd-cri/hostnetwork.container

cat >host.json <<'END'
{ "format": 1, "labels": { "tier": "public" },
  "policies": [
    { "when": { "engine": "containerd", "namespace": "default" }, "use": "web" },
    { "when": { "labels": { "tier": "pub*" }, "engine": "crio" }, "use": "baseline", "audit": true },
    { "use": "restricted" } ],
  "overlay": { "rules": {
    "memory-limit": { "max": "2Gi" } } } }
END
cat >bundles/corp/policy.json <<'END'
{ "format": 1, "name": "corp", "extends": "baseline",
  "rules": {
    "host-path": { "action": "deny",
      "allow": ["/srv", "/opt/data"] } },
  "exemptions": [
    { "when": { "engine": "containerd", "namespace": "kube-system" },
      "rules": ["host-pid"], "reason": "of the corp" } ] }
END
cat >bundles/web/policy.json <<'END'
{ "format": 1, "name": "web", "extends": "corp",
  "rules": {
    "host-uts": { "action": "deny", "audit": true },
    "host-path": { "allow": { "remove": ["/opt/data"] } } },
  "exemptions": [
    { "when": { "engine": "containerd", "namespace": "default", "image": "localhost/local/*" },
      "rules": ["host-network"], "reason": "OPS-1", "expires": "2999-01-31" },
    { "when": { "engine": "containerd", "namespace": "default" },
      "rules": ["host-ipc"], "reason": "OPS-2", "expires": "2020-01-31" } ] }
END
with=(--host-config host.json)
