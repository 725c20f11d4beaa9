/* SPDX-License-Identifier: Apache-2.0 */
#ifndef COFFERDAM_HARDEN_H
#define COFFERDAM_HARDEN_H

/* Remedies as edits on a copy of the configuration. */

#include <cofferdam/verdict.h>

/*
 * harden_edits - the edits of all findings that decide VERDICT_HARDEN, in
 * order, with the parents they need. Values are lent by @decision.
 */
int harden_edits(const struct subject *subject, const struct decision *decision,
		 struct json_edits *ret, struct error *err) must_check;

/*
 * harden_config - the hardened text of @subject's configuration. It is parsed
 * and judged again with the same facts and policy; unless that finds nothing
 * left to deny, harden or leave unjudged, this fails with -ENOTRECOVERABLE.
 * An unchanged configuration comes back byte for byte.
 */
int harden_config(const struct subject *subject, const struct decision *decision,
		  struct buf *ret, struct error *err) must_check;

/*
 * harden_candidate - likewise, parsed and judged: @ret (a zeroed struct) is what
 * harden_config() would have returned as text. Facts of @subject are lent to it, and
 * must outlive it.
 */
int harden_candidate(const struct subject *subject, const struct decision *decision,
		     struct candidate *ret, struct error *err) must_check;

/*
 * harden_tree - likewise, of somebody who does not need the text: that is neither
 * written nor read, and @ret->doc has that of @subject (see json_edited()). Of a profile of
 * the policy's that a remedy puts in, and of which it is known that the rules find nothing
 * in it, linux.seccomp has the default alone: then @ret->subject.profile_kept is
 * set. The document is lent to it, too, and @decision.
 */
int harden_tree(const struct subject *subject, const struct decision *decision,
		struct candidate *ret, struct error *err) must_check;

#endif
