/* SPDX-License-Identifier: Apache-2.0 */
#ifndef COFFERDAM_REGISTRY_H
#define COFFERDAM_REGISTRY_H

/*
 * The registry of rules: one row of rules.def a rule. The enum, the policy
 * reader, the shipped bundles, the schema, the docs and the listings all come
 * from it; src/rules/findings.c adds the check functions from the same rows.
 */

#include <cofferdam/engine.h>

#define RULE(ID, name, check, ...) RULE_##ID,
enum rule_id {
#include <cofferdam/rules.def>
	RULE_MAX
};
#undef RULE

/* Where a configuration is judged. */
enum door {
	DOOR_RUNTIME,			/* in front of runc or crun: can edit config.json */
	DOOR_PRECREATE,			/* podman's precreate stage: can edit config.json */
	DOOR_HOOK,			/* prestart, createRuntime: can only refuse */
	DOOR_MAX
};

const char *door_name(enum door door);
/* door_parse - 0 and the door, or -EINVAL. */
int door_parse(const char *name, enum door *ret) must_check;
/* door_can_edit - whether what is decided there can still change config.json. */
bool door_can_edit(enum door door);

/* What a policy wants done about a finding of a rule. Zero denies. */
enum action {
	ACTION_DENY = 0,
	ACTION_HARDEN,			/* deny where the door has no remedy */
	ACTION_WARN,
	ACTION_OFF,
	ACTION_MAX
};

const char *action_name(enum action action);
int action_parse(const char *name, enum action *ret) must_check;

enum severity {
	SEVERITY_CRITICAL,		/* owning the host is one step away */
	SEVERITY_HIGH,			/* a known way out exists, or another container is at hand */
	SEVERITY_MEDIUM,		/* a layer of defence is missing */
	SEVERITY_LOW,
	SEVERITY_MAX
};

const char *severity_name(enum severity severity);

/* The bundles that are shipped and compiled in; their names are reserved. */
enum bundle {
	BUNDLE_BASELINE,		/* stops known escapes, breaks little */
	BUNDLE_RESTRICTED,		/* least privilege; the default */
	BUNDLE_CIS_DOCKER,		/* section 5 of the CIS Docker Benchmark */
	BUNDLE_MAX
};

const char *bundle_name(enum bundle bundle);
const char *bundle_description(enum bundle bundle);
int bundle_parse(const char *name, enum bundle *ret) must_check;

/* What must be found out about host and container before a rule can judge. */
#define FACT_NAMESPACES 0x1u		/* inodes of the host's and the joined namespaces */
#define FACT_MOUNTS 0x2u		/* what each bind source really is */
#define FACT_PLACES 0x4u		/* what the paths that the policy names really are */
#define FACT_IDMAPS 0x8u		/* the user namespace's maps */
#define FACT_LIMITS 0x10u		/* limits of the parent cgroup */
#define FACT_ROOTFS 0x20u		/* what root.path really is */
#define FACT_CGROUP 0x40u		/* the cgroup version, and who else is in the container's */
#define FACT_HOOKS 0x80u		/* what each hook's program is */
#define FACT_SOCKETS 0x100u		/* where the host's unix sockets are */
#define FACT_GROUPS 0x200u		/* the ids of the groups that the policy names */
#define FACT_IMAGE 0x400u		/* symbolic links of the image that a runtime would follow */
#define FACT_CORE 0x800u		/* whether the host pipes core dumps to a program */
#define FACT_SELINUX 0x1000u		/* whether SELinux is enabled, and what it says of the labels */
#define FACT_APPARMOR 0x2000u		/* whether AppArmor is, and whether it has the profile */

/* What is asked of a runtime. */
#define ON_START 0x1u			/* create, run: what rules are about unless they say so */
#define ON_EXEC 0x2u
#define ON_UPDATE 0x4u
#define ON_RESTORE 0x8u
#define ON_CHECKPOINT 0x10u
#define ON_MOUNTS 0x20u			/* crun mounts */

enum param_kind {
	PARAM_NONE = 0,
	PARAM_BOOL,			/* true or false */
	PARAM_COUNT,			/* a number */
	PARAM_SIZE,			/* "512Mi", in bytes */
	PARAM_CPU,			/* "500m" or "2", in thousandths of a CPU */
	PARAM_PATHS,			/* a list of absolute paths */
	PARAM_FILES,			/* a list of absolute paths, each itself alone and not what is below */
	PARAM_NAMES,			/* a list of names, or patterns where its help says so */
	PARAM_CAPITALS,			/* a list of names or patterns, compared with names in capitals */
	PARAM_DEVICES,			/* a list of devices, "c 10:229", or patterns */
	PARAM_WORDS,			/* a list of some of the names that every shipped policy has there */
	PARAM_INT,			/* a number that may be negative */
	PARAM_CAPS,			/* a list of capabilities, "CAP_CHOWN" */
	PARAM_CALLS,			/* a list of system calls, "bpf" */
	PARAM_TRAPS,			/* a list of what cofferdam seccomp lint finds, "wide-compare" */
	PARAM_PROFILE,			/* a seccomp profile: a shipped name or a path in the bundle */
};

/* The kinds that are lists, in a switch in which the compiler is to miss none. */
#define CASE_PARAM_LISTS								\
	case PARAM_PATHS: case PARAM_FILES: case PARAM_NAMES: case PARAM_CAPITALS:	\
	case PARAM_DEVICES: case PARAM_WORDS: case PARAM_CAPS: case PARAM_CALLS:	\
	case PARAM_TRAPS

const char *param_kind_name(enum param_kind kind);

/* param_kind_is_list - whether its value is param_value.list. */
bool param_kind_is_list(enum param_kind kind);

/* param_kind_merge - what becomes of the inherited value when a file has one. */
const char *param_kind_merge(enum param_kind kind);

/*
 * A parameter's value; which member counts follows from its kind. The table of
 * rules is kept small, as every hook writes to each of its pages to relocate it.
 */
struct param_value {
	uint64_t number;			/* BOOL, COUNT, SIZE, CPU; INT as int64_t */
	union {
		const char *const *list;	/* PATHS, NAMES, CAPS, CALLS, TRAPS: to NULL */
		const char *string;		/* PROFILE */
	};
};

/* What more of a parameter does: a larger number, a longer list, true instead of false. */
enum param_order {
	ORDER_NONE = 0,			/* nothing that can be said without looking into it */
	ORDER_LAXER,			/* more is let through */
	ORDER_STRICTER,			/* less is let through */
	ORDER_LIMIT,			/* as LAXER, but 0 or an empty list is no limit at all */
};

/* param_order_name - "differs", "laxer", "stricter", "laxer, and none the laxest". */
const char *param_order_name(enum param_order order);

#define PARAMS_MAX 4			/* of a rule: no more than any has */

struct param {
	const char *name;
	enum param_kind kind;
	const char *help;
	struct param_value value[BUNDLE_MAX];	/* in each shipped bundle */
	enum param_order order;
};

struct rule {
	const char *id;			/* stable once released */
	const char *title;		/* what must hold, at most 72 characters */
	const char *family;
	const char *why;		/* what an attacker gains otherwise, one sentence */
	enum severity severity;
	unsigned facts;			/* FACT_*: unknown ones leave the rule unjudged */
	unsigned on;			/* ON_*: what it judges; 0 is ON_START */
	const char *remedy;		/* what harden does in config.json, or NULL */
	enum action action[BUNDLE_MAX];	/* in each shipped bundle */
	struct param params[PARAMS_MAX];
	const char *advice[WORDS_MAX];	/* what to do, in the words of the caller */
	const char *pss;		/* Pod Security Standards level, or NULL */
	const char *cis;		/* CIS Docker Benchmark 1.6.0 number, or NULL */
	const char *refs;		/* CVEs and other sources, or NULL */
	unsigned arg;			/* for checks that serve several rules */
	const char *part_of;		/* the rule whose denial says this one's too, or NULL */
};

extern const struct rule registry_rules[RULE_MAX];

/* registry_rule - the row of @id, which is below RULE_MAX. */
static inline const struct rule *registry_rule(enum rule_id id)
{
	return &registry_rules[id];
}

/* rule_on - what the rule judges, by ON_*. */
unsigned rule_on(const struct rule *rule);

/* registry_find - 0 and the id, or -ENOENT with a nearest-name hint. */
int registry_find(const char *id, enum rule_id *ret, struct error *err) must_check;

/* registry_param - the index of @name among the rule's parameters, or -1. */
int registry_param(const struct rule *rule, const char *name);

#endif
