/* SPDX-License-Identifier: Apache-2.0 */
/* What the inputs of one command lend each other. */
#include "cli.h"

#include <string.h>

static void desk_free(struct desk *desk)
{
	facts_seen_free(&desk->seen);
	json_shared_free(&desk->shared);
	report_kept_free(&desk->kept);
}

void lent_free(struct lent *lent)
{
	for (size_t i = 0; i < lent->n; i++) {
		facts_host_free(&lent->v[i].host);
		for (size_t k = 0; k < lent->v[i].known.n; k++)	/* a copy of our own */
			free((void *)(uintptr_t)lent->v[i].known.v[k].profile);
	}
	while (lent->n_idle > 0)
		desk_free(&lent->idle[--lent->n_idle]);
	(void)pthread_mutex_destroy(&lent->lock);
}

/* known_copy - of the profile @text and what @f (NULL: nothing) says of it, in one piece of
 * memory that starts with the profile. False without memory. */
static bool known_copy(struct known_profile *ret, const char *text, size_t len,
		       const struct finding *f)
{
	const char *const said[] = { f ? f->text : NULL, f && f->value ? f->value : "",
				     f && f->edits.n > 0 ? f->edits.v[0].value : NULL };
	const char **const places[] = { &ret->text, &ret->value, &ret->remedy };
	_cleanup_buf_ struct buf all = { 0 };
	size_t at[ARRAY_SIZE(said)];

	buf_add(&all, text, len);
	for (size_t i = 0; i < ARRAY_SIZE(said); i++) {
		at[i] = all.len;
		if (said[i])
			buf_add(&all, said[i], strlen(said[i]) + 1);
	}
	*ret = (struct known_profile){ .profile = buf_steal(&all), .len = len };
	for (size_t i = 0; ret->profile && i < ARRAY_SIZE(said); i++)
		*places[i] = said[i] ? ret->profile + at[i] : NULL;
	return ret->profile != NULL;
}

void lent_learn(struct lent *lent, const struct candidate *c)
{
	const struct json *node = c->spec.linux_.seccomp.node;
	const struct policy *policy = c->subject.policy;
	const char *text = node ? c->doc->text + node->start : NULL;
	const size_t len = node ? node->end - node->start : 0;
	struct known_profiles *known = NULL;
	const struct finding *found = NULL;

	if (!node || policy->rules[RULE_SECCOMP_WEAK].action == ACTION_OFF ||
	    c->spec.linux_.seccomp.is != FIELD_PRESENT ||
	    known_profile(c->subject.known, text, len))
		return;
	for (size_t i = 0; i < c->decision.findings.n; i++) {
		if (c->decision.findings.v[i].rule == RULE_SECCOMP_WEAK)
			found = &c->decision.findings.v[i];
	}
	/* where a denial says it all, what would only repeat it was not asked */
	if (!found && c->decision.folded)
		return;
	(void)pthread_mutex_lock(&lent->lock);
	for (size_t i = 0; i < lent->n; i++) {
		if (lent->v[i].policy == policy)
			known = &lent->v[i].known;
	}
	if (known && known->n < KNOWN_MAX && !known_profile(known, text, len) &&
	    known_copy(&known->v[known->n], text, len, found))
		known->n++;
	(void)pthread_mutex_unlock(&lent->lock);
}

const struct facts_host *lent_for(struct lent *lent, const struct policy *policy,
				  struct known_profiles *known)
{
	struct facts_host *host = NULL;
	struct error err;
	size_t i = 0;

	(void)pthread_mutex_lock(&lent->lock);
	while (i < lent->n && lent->v[i].policy != policy)
		i++;
	if (i < lent->n) {
		host = lent->v[i].host;
	} else if (lent->asked++ > 0 && i < ARRAY_SIZE(lent->v) &&
		   facts_host_gather(policy, &host, &err) == 0) {
		lent->v[i].policy = policy;
		lent->v[i].host = host;
		lent->n++;
	}
	if (i < lent->n)
		*known = lent->v[i].known;
	(void)pthread_mutex_unlock(&lent->lock);
	return host;
}

struct desk lent_desk(struct lent *lent)
{
	struct desk desk = { 0 };

	(void)pthread_mutex_lock(&lent->lock);
	if (lent->n_idle > 0)
		desk = lent->idle[--lent->n_idle];
	(void)pthread_mutex_unlock(&lent->lock);
	if (!desk.seen)
		desk.seen = facts_seen_new();
	if (!desk.shared)
		desk.shared = json_shared_new();
	if (!desk.kept)
		desk.kept = report_kept_new();
	return desk;
}

void lent_return(struct lent *lent, struct desk *desk)
{
	(void)pthread_mutex_lock(&lent->lock);
	if (lent->n_idle < ARRAY_SIZE(lent->idle)) {
		lent->idle[lent->n_idle++] = *desk;
		*desk = (struct desk){ 0 };
	}
	(void)pthread_mutex_unlock(&lent->lock);
	desk_free(desk);
}
