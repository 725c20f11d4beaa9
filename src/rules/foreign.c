/* SPDX-License-Identifier: Apache-2.0 */
/* Annotations that steer a runtime, and programs that it would run. */
#include <cofferdam/rules.h>

#include <string.h>

#include <cofferdam/host.h>
#include <cofferdam/text.h>

#include "rules-private.h"

/*
 * What runtimes act on: crun.1 and its list of potentially unsafe annotations
 * ("crun features"), runc's in features.go. "bundle" shadows the real one for
 * runc exec.
 */
static bool steers(const char *key)
{
	static const char *const prefixes[] = { "run.oci.", "krun.", "org.criu.", "module.wasm.",
						"org.systemd.property." };

	for (size_t i = 0; i < ARRAY_SIZE(prefixes); i++) {
		if (key[0] == prefixes[i][0] && strncmp(key, prefixes[i], strlen(prefixes[i])) == 0)
			return true;
	}
	return strcmp(key, "bundle") == 0;
}

int check_runtime_annotations(const struct rule_input *in, struct findings *out,
			      struct error *err)
{
	const struct field_map *map = &in->spec->annotations;

	for (size_t i = 0; i < map->n; i++) {
		const char *key = map->v[i].node ? map->v[i].node->key : NULL;
		_cleanup_buf_ struct buf pointer = { 0 };
		struct finding *f;

		if (!key || !steers(key) || rule_listed(in, "allow", key))
			continue;
		buf_str(&pointer, "/annotations/");
		json_pointer_token(&pointer, key);
		if (buf_check(&pointer, err) < 0)
			return err->code;
		f = finding_add(in, out, err, buf_cstr(&pointer), "changes how the runtime works");
		if (!f || finding_value(f, err, "%s", map->v[i].v ? map->v[i].v : "") < 0 ||
		    finding_edit(f, JSON_REMOVE, buf_cstr(&pointer), NULL, err) < 0)
			return err->code;
	}
	return 0;
}

static bool has_args(const struct oci_hook *hook, size_t from, const char *first,
		     const char *second)
{
	const struct field_strs *args = &hook->args;

	return args->n > from + (second ? 1 : 0) && args->v[from].v &&
	       strcmp(args->v[from].v, first) == 0 &&
	       (!second || (args->v[from + 1].v && strcmp(args->v[from + 1].v, second) == 0));
}

/*
 * sets - the first variable of the hook's environment that begins with one of
 * @prefixes (ended by NULL), or NULL.
 */
static const char *sets(const struct oci_hook *hook, const char *const *prefixes)
{
	for (size_t i = 0; i < hook->env.n; i++) {
		const char *entry = hook->env.v[i].v;

		for (size_t p = 0; entry && prefixes[p]; p++) {
			if (strncmp(entry, prefixes[p], strlen(prefixes[p])) == 0)
				return entry;
		}
	}
	return NULL;
}

/*
 * searches_elsewhere - whether the hook's PATH has a folder that others than root may fill:
 * nerdctl and its plugins run iptables by it. nerdctl hands its own caller's on.
 */
static bool searches_elsewhere(const struct oci_hook *hook)
{
	static const char *const path[] = { "PATH=", NULL };
	static const char *const roots[] = { "/bin", "/nix", "/opt", "/root", "/run/current-system",
					     "/run/wrappers", "/sbin", "/snap", "/usr",
					     "/var/lib/snapd/snap" };
	const char *at = sets(hook, path);

	if (!at)
		return false;
	at += strlen(path[0]);
	do {	/* an empty one is where it stands */
		const size_t n = strcspn(at, ":");
		_cleanup_free_ char *folder = strndup(at, n);
		size_t i = 0;

		while (folder && i < ARRAY_SIZE(roots) && !text_path_below(folder, roots[i]))
			i++;
		if (!folder || i == ARRAY_SIZE(roots) || text_path_climbs(folder))
			return true;
		at += n;
	} while (*at++ == ':');
	return false;
}

/*
 * nerdctls_own - "nerdctl [FLAG...] internal oci-hook STAGE". Not with flags or
 * variables that choose what it, or iptables below it, runs or reads.
 */
static bool nerdctls_own(const struct oci_hook *hook)
{
	static const char *const flags[] = { "--address=", "--namespace=", "--snapshotter=",
					     "--cgroup-manager=", "--debug=" };
	static const char *const chooses[] = { "CNI_PATH=", "NETCONFPATH=", "NERDCTL_TOML=",
					       "BASH_ENV=", "IP6TABLES_LIB_DIR=",
					       "IPTABLES_LIB_DIR=", "XTABLES_LIBDIR=", NULL };
	size_t at = 1;

	while (at < hook->args.n) {
		const char *arg = hook->args.v[at].v ? hook->args.v[at].v : "";
		size_t f = 0;

		while (f < ARRAY_SIZE(flags) && strncmp(arg, flags[f], strlen(flags[f])) != 0)
			f++;
		if (f == ARRAY_SIZE(flags))
			break;
		at++;
	}
	return has_args(hook, at, "internal", "oci-hook") && !sets(hook, chooses) &&
	       !searches_elsewhere(hook);
}

/*
 * Hooks that engines themselves write: dockerd runs itself again to set the
 * network key (libnetwork's setkey), nerdctl to make the network. Both do it for
 * what annotations and arguments name, so under another engine they are a stranger's.
 */
static bool engines_own(const struct rule_input *in, const struct oci_hook *hook,
			const struct fact_program *program)
{
	const char *name = text_path_base(program->real ? program->real : "");

	if (in->engine == ENGINE_PODMAN || in->engine == ENGINE_CRIO)
		return false;
	return (strcmp(name, "dockerd") == 0 && has_args(hook, 0, "libnetwork-setkey", NULL)) ||
	       (strcmp(name, "nerdctl") == 0 && nerdctls_own(hook));
}

/*
 * called_as_here - whether our own hook is called as this host registers it. Another
 * host.json would have other policies, and name a file that the hook writes to as root.
 */
static bool called_as_here(const struct rule_input *in, const struct oci_hook *hook)
{
	static const char *const words[] = { "prestart", "createRuntime", "createContainer",
					     "poststart", "poststop", "--veto", "--admitted" };
	const char *host = in->host_config ? in->host_config : HOST_FILE;

	for (size_t at = 1; at < hook->args.n; at++) {
		const char *arg = hook->args.v[at].v ? hook->args.v[at].v : "";
		const char *value = at + 1 < hook->args.n ? hook->args.v[at + 1].v : NULL;
		const bool names = strcmp(arg, "--host-config") == 0;
		size_t w = 0;

		while (w < ARRAY_SIZE(words) && strcmp(words[w], arg) != 0)
			w++;
		if (w < ARRAY_SIZE(words))
			continue;
		if (!value || (names ? strcmp(value, host) : strcmp(arg, "--engine")) != 0)
			return false;
		at++;
	}
	return true;
}

static const char *allowed_why_not(const struct rule_input *in, const struct oci_hook *hook,
				   const struct fact_program *program)
{
	static const char *const loads[] = { "LD_", "GCONV_PATH=", "GLIBC_TUNABLES=", NULL };
	/* a program of the list may be a script; engines hand their own caller's on */
	static const char *const runs[] = { "BASH_ENV=", "NODE_OPTIONS=", "PERL5", "PYTHON",
					    "RUBY", NULL };
	const char *const *allow = rule_param(in, "allow")->list;

	if (program->is == FACT_ABSENT)
		return "the program does not exist";
	if (!program->trusted)
		return program->why ? program->why : "the program can be changed by others than root";
	if (sets(hook, loads))
		return "its environment makes the dynamic linker load something else (ld.so(8))";
	if ((program->own && called_as_here(in, hook)) || engines_own(in, hook, program))
		return NULL;
	for (size_t i = 0; allow && allow[i]; i++) {
		if (program->real && strcmp(program->real, allow[i]) == 0)
			return sets(hook, runs) ? "its environment makes an interpreter run something else"
						: NULL;
	}
	return program->own ? "it is Cofferdam's own, but with arguments that this host does not give it"
			    : "the program is not on the policy's list";
}

struct stage {
	const char *name, *pointer;
	const struct field_list *list;
	bool in_container;		/* its working directory is the image */
};

static int judge_hook(const struct rule_input *in, struct findings *out, struct error *err,
		      const struct stage *stage, size_t index)
{
	const struct oci_hook *hook = (const struct oci_hook *)stage->list->v + index;
	const struct fact_program *program = facts_program(in->facts, hook->path.v ? hook->path.v : "");
	const char *pointer = pointer_to(out, err, stage->pointer, index, "path"), *why;
	struct finding *f;

	if (!pointer)
		return err->code;
	if (strcmp(stage->name, "startContainer") == 0)
		why = "a program of the image would run before the container's own, outside what was judged";
	else if (!program || program->is == FACT_UNKNOWN || program->is == FACT_UNREADABLE)
		return rule_unjudged(in, out, err, pointer,
				     "what the program is cannot be told: %s",
				     program && program->why ? program->why : "it was not recorded");
	else
		why = allowed_why_not(in, hook, program);
	if (!why && stage->in_container && hook->env.is != FIELD_PRESENT)
		why = "without \"env\" it runs with the image's environment, LD_PRELOAD included";
	if (!why)
		return 0;
	f = finding_add(in, out, err, pointer, "a %s hook: %s", stage->name, why);
	return f ? finding_value(f, err, "%s", hook->path.v ? hook->path.v : "") : err->code;
}

int check_foreign_hooks(const struct rule_input *in, struct findings *out, struct error *err)
{
	const struct oci_hooks *hooks = &in->spec->hooks;
	const struct stage stages[] = {
		{ "prestart", "/hooks/prestart/", &hooks->prestart, false },
		{ "createRuntime", "/hooks/createRuntime/", &hooks->create_runtime, false },
		{ "createContainer", "/hooks/createContainer/", &hooks->create_container, true },
		{ "startContainer", "/hooks/startContainer/", &hooks->start_container, true },
		{ "poststart", "/hooks/poststart/", &hooks->poststart, false },
		{ "poststop", "/hooks/poststop/", &hooks->poststop, false },
	};
	int r = 0;

	for (size_t s = 0; s < ARRAY_SIZE(stages); s++) {
		for (size_t i = 0; r == 0 && i < stages[s].list->n; i++)
			r = judge_hook(in, out, err, &stages[s], i);
	}
	return r;
}
