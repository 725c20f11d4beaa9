/* SPDX-License-Identifier: Apache-2.0 */
/* What is mounted, over what, and how: type, destination, propagation, flags. */
#include <cofferdam/rules.h>

#include <string.h>
#include <sys/stat.h>

#include <cofferdam/text.h>

#include "rules-private.h"

/* Where the special file systems belong, and what may be mounted there. */
static const struct {
	const char *destination, *type;
} standard[] = {
	{ "/proc", "proc" },		 { "/sys", "sysfs" },
	{ "/sys/fs/cgroup", "cgroup" },	 { "/sys/fs/cgroup", "cgroup2" },
	{ "/dev", "tmpfs" },		 { "/dev/pts", "devpts" },
	{ "/dev/mqueue", "mqueue" },	 { "/dev/shm", "tmpfs" },
};

static const char *mount_type(const struct oci_mount *mount)
{
	if (mount->bind)
		return "bind";
	return mount->type.v ? mount->type.v : "";
}

static bool is_standard(const char *destination, const char *type)
{
	for (size_t i = 0; i < ARRAY_SIZE(standard); i++) {
		if (standard[i].type[0] == type[0] && strcmp(standard[i].type, type) == 0 &&
		    strcmp(standard[i].destination, destination) == 0)
			return true;
	}
	return false;
}

/*
 * image_volume - an image as CRI-O makes it a volume: its files, and below them an empty folder,
 * without which it were no overlay. With nothing above it is read-only, and no other option
 * hides behind a comma.
 */
static bool image_volume(const struct rule_input *in, const struct oci_mount *mount)
{
	static const char begin[] = "lowerdir=/var/lib/containers/storage/overlay/", end[] = "/merged:";
	const char *at = mount->options.n == 1 && mount->options.v[0].v ? mount->options.v[0].v : "";
	size_t digits;

	if (in->engine != ENGINE_CRIO || strncmp(at, begin, sizeof(begin) - 1) != 0)
		return false;
	at += sizeof(begin) - 1;
	digits = strspn(at, "0123456789abcdef");
	at += digits;
	if (digits != 64 || strncmp(at, end, sizeof(end) - 1) != 0)
		return false;
	at += sizeof(end) - 1;
	return strcmp(at, "/var/run/crio/image-volumes") == 0 || strcmp(at, "/run/crio/image-volumes") == 0;
}

/* judge_bind_type - *@fine is the last type of file system that was listed, or NULL. */
static int judge_bind_type(const struct rule_input *in, struct findings *out,
			   struct error *err, size_t index, const char **fine)
{
	const struct fact_place *source = mount_source(in, index);
	struct finding *f;

	if (source->foreign || place_engine_owned(source, in->engine, &in->tells))
		return 0;	/* sensitive-mount's, or the container's own */
	/* what is not there yet would be made on the file system above */
	if (!place_located(source) || !source->spot.fstype)
		return mount_unjudged(in, out, err, index, "the file system of the source");
	if (*fine && strcmp(source->spot.fstype, *fine) == 0)
		return 0;
	if (rule_listed(in, "filesystems", source->spot.fstype)) {
		*fine = source->spot.fstype;
		return 0;
	}
	f = mount_finding(in, out, err, index, "source",
			  "the source is on a file system of type %s", source->spot.fstype);
	return f ? finding_value(f, err, "%s", oci_mount_at(in->spec, index)->source.v) : err->code;
}

/*
 * puts_link - the option by which crun leaves the link that the source is in the container,
 * and does not mount what it leads to; or NULL. What comes after follows it: another
 * mount, the working directory.
 */
static const char *puts_link(const struct rule_input *in, size_t index)
{
	static const char *const options[] = { "copy-symlink", "src-nofollow", "dest-nofollow" };
	const struct oci_mount *mount = oci_mount_at(in->spec, index);
	const char *real = mount_source(in, index)->real;

	/* no link is on the way */
	if (!mount->bind || (real && mount->source.v && strcmp(real, mount->source.v) == 0))
		return NULL;
	for (size_t i = 0; i < ARRAY_SIZE(options); i++) {
		if (oci_mount_option(mount, options[i]))
			return options[i];
	}
	return NULL;
}

/*
 * judge_options - "remount" makes no mount: it sets what the file system is mounted with
 * that lies there already (mount(2)), wherever else it is mounted. No engine asks for it.
 */
static int judge_options(const struct rule_input *in, struct findings *out, struct error *err,
			 size_t index)
{
	const char *link = puts_link(in, index);
	struct finding *f;

	if (link) {
		f = mount_finding(in, out, err, index, "options",
				  "leaves a symbolic link in the container, which leads what comes after it");
		if (!f || finding_value(f, err, "%s", link) < 0)
			return err->code;
	}
	if (!oci_mount_option(oci_mount_at(in->spec, index), "remount"))
		return 0;
	f = mount_finding(in, out, err, index, "options",
			  "changes a file system that is mounted already, on the host as well");
	return f ? finding_value(f, err, "remount") : err->code;
}

int check_mount_type(const struct rule_input *in, struct findings *out, struct error *err)
{
	const char *fine = NULL;

	for (size_t i = 0; i < in->spec->mounts.n; i++) {
		const struct oci_mount *mount = oci_mount_at(in->spec, i);
		const char *type = mount_type(mount), *destination;
		_cleanup_free_ char *made = NULL;
		struct finding *f;

		if (judge_options(in, out, err, i) < 0)
			return err->code;
		if (mount->bind && judge_bind_type(in, out, err, i, &fine) < 0)
			return err->code;
		if (mount->bind || strcmp(type, "tmpfs") == 0)
			continue;
		if (strcmp(type, "overlay") == 0 && image_volume(in, mount))
			continue;
		destination = mount_destination(mount, &made, err);
		if (!destination)
			return err->code;
		if (is_standard(destination, type))
			continue;
		f = mount_finding(in, out, err, i, "type", "mounts a %s file system on %s",
				  type[0] ? type : "nameless", destination);
		if (!f || finding_value(f, err, "%s", type) < 0)
			return err->code;
	}
	return 0;
}

/* leads_over - where a link leads the mount, if that is over the system. */
static const char *leads_over(const struct rule_input *in, const struct oci_mount *mount)
{
	const struct fact_image *image = &in->facts->image;

	return image->is == FACT_KNOWN && image->over && image->over_at && mount->destination.v &&
	       strcmp(image->over, mount->destination.v) == 0 ? image->over_at : NULL;
}

/*
 * copies_up - whether /dev is filled from the image: what has the name of a node there
 * stays, a link for /dev/null among it, which runtimes then bind over what is to be hidden.
 */
static bool copies_up(const struct oci_mount *mount, const char *destination)
{
	return strcmp(destination, "/dev") == 0 && oci_mount_option(mount, "tmpcopyup");
}

/* over_why - what is wrong with the place, or NULL. @link: where a link leads it, or NULL. */
static const char *over_why(const struct oci_mount *mount, const char *destination, const char *link)
{
	if (link)
		return "leads through a link of the image or of a volume over what the kernel or the runtime provides";
	if (!oci_over_system(destination))
		return NULL;
	if (!is_standard(destination, mount_type(mount)))
		return "lies over what the kernel or the runtime provides";
	return copies_up(mount, destination) ? "is filled with what the image has there" : NULL;
}

int check_mount_over_system(const struct rule_input *in, struct findings *out,
			    struct error *err)
{
	const enum fact_is is = in->facts->image.is;

	/* one that is missing has no links */
	if (in->spec->mounts.n > 0 && is != FACT_KNOWN && is != FACT_ABSENT &&
	    rule_unjudged(in, out, err, "/mounts", "links of the image cannot be looked at: %s",
			  in->facts->image.why ? in->facts->image.why : "it was not recorded") < 0)
		return err->code;
	for (size_t i = 0; i < in->spec->mounts.n; i++) {
		const struct oci_mount *mount = oci_mount_at(in->spec, i);
		_cleanup_free_ char *made = NULL;
		const char *destination = mount_destination(mount, &made, err);
		const char *link = leads_over(in, mount), *why;
		struct finding *f;

		if (!destination)
			return err->code;
		why = over_why(mount, destination, link);
		/* of a link's only the first is known: what it is allowed would hide another */
		if (!why || (!link && rule_listed(in, "allow", destination)))
			continue;
		f = mount_finding(in, out, err, i, "destination", "%s", why);
		if (!f || finding_value(f, err, "%s%s%s (%s)", destination, link ? " -> " : "",
					link ? link : "", mount_type(mount)) < 0)
			return err->code;
	}
	return 0;
}

static bool propagates(const char *word)
{
	if (!word)
		return false;
	word += word[0] == 'r';		/* recursively */
	return word[0] == 's' && (strcmp(word, "shared") == 0 || strcmp(word, "slave") == 0);
}

/*
 * stays_shared - whether the bind is shared with the host, where that is so of its source: it
 * names no propagation, and the root's is set to "private" without what is mounted below.
 */
static bool stays_shared(const struct oci_mount *mount, const char *root)
{
	static const char *const names[] = { "private", "rprivate", "unbindable", "runbindable" };

	if (!mount->bind || !root || (strcmp(root, "private") != 0 && strcmp(root, "unbindable") != 0))
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		if (oci_mount_option(mount, names[i]))
			return false;
	}
	return true;
}

int check_mount_propagation(const struct rule_input *in, struct findings *out,
			    struct error *err)
{
	const char *root = in->spec->linux_.rootfs_propagation.v;
	struct finding *f;

	for (size_t i = 0; i < in->spec->mounts.n; i++) {
		const struct oci_mount *mount = oci_mount_at(in->spec, i);

		if (stays_shared(mount, root)) {
			f = mount_finding(in, out, err, i, "options",
					  "mounts made on one side appear on the other, for rootfsPropagation is not recursive");
			if (!f || finding_value(f, err, "%s", root) < 0)
				return err->code;
		}
		for (size_t o = 0; o < mount->options.n; o++) {
			const char *option = mount->options.v[o].v;

			if (!propagates(option))
				continue;
			f = mount_finding(in, out, err, i, "options",
					  "mounts made on one side appear on the other");
			if (!f || finding_value(f, err, "%s", option) < 0)
				return err->code;
		}
	}
	if (!propagates(root))
		return 0;
	f = finding_add(in, out, err, "/linux/rootfsPropagation",
			"mounts made on one side appear on the other");
	return f ? finding_value(f, err, "%s", root) : err->code;
}

/*
 * engines_file - a file that the engine wrote for this container, or its
 * /dev/shm, a tmpfs whose own flags a bind keeps. No volume: of those the
 * engine only made the folder.
 */
static bool engines_file(const struct rule_input *in, const struct fact_place *source)
{
	return place_engine_owned(source, in->engine, &in->tells) &&
	       ((S_ISREG(source->mode) && !(source->mode & (S_ISUID | S_ISGID))) ||
		(source->spot.fstype && strcmp(source->spot.fstype, "tmpfs") == 0 &&
		 strcmp(source->spot.within, "/") == 0 &&
		 strcmp(text_path_base(source->real), "shm") == 0));
}

/* A flag, what undoes it, and what runc takes it back by, after all others. */
struct flag {
	const char *name, *opposite, *taken_back;
	const char *value;		/* the name, as JSON */
};

enum flag_is {
	FLAG_LACKS,
	FLAG_SET,
	FLAG_TAKEN_BACK,		/* one more word does not help then */
};

static bool is_word(const char *option, const char *word)
{
	return option[0] == word[0] && strcmp(option, word) == 0;
}

/* flag_is - whether @flag holds; the last of flag and its opposite counts. */
static enum flag_is flag_is(const struct oci_mount *mount, const struct flag *flag)
{
	enum flag_is is = FLAG_LACKS;

	for (size_t i = 0; i < mount->options.n; i++) {
		const char *option = mount->options.v[i].v;

		if (option && is_word(option, flag->taken_back))
			return FLAG_TAKEN_BACK;
		if (option && is_word(option, flag->name))
			is = FLAG_SET;
		else if (option && is_word(option, flag->opposite))
			is = FLAG_LACKS;
	}
	return is;
}

static int judge_flags(const struct rule_input *in, struct findings *out, struct error *err,
		       size_t index, bool tmpfs)
{
	static const struct flag flags[] = {
		{ "nosuid", "suid", "rsuid", "\"nosuid\"" }, { "nodev", "dev", "rdev", "\"nodev\"" },
		{ "noexec", "exec", "rexec", "\"noexec\"" },
	};
	const struct oci_mount *mount = oci_mount_at(in->spec, index);
	const struct fact_place *source = mount_source(in, index);
	const size_t n = tmpfs && rule_param(in, "noexec")->number ? 3 : 2;
	_cleanup_buf_ struct buf missing = { 0 };
	const char *pointer;
	bool remedy = true, lacks[ARRAY_SIZE(flags)] = { false };
	struct finding *f;
	int r = 0;

	for (size_t i = 0; i < n; i++) {
		const enum flag_is is = flag_is(mount, &flags[i]);

		lacks[i] = is != FLAG_SET;
		remedy = remedy && is != FLAG_TAKEN_BACK;
		if (lacks[i]) {
			buf_str(&missing, missing.len ? ", " : "");
			buf_str(&missing, flags[i].name);
		}
	}
	if (buf_check(&missing, err) < 0)
		return err->code;
	if (missing.len == 0 || (!tmpfs && engines_file(in, source)))
		return 0;
	f = mount_finding(in, out, err, index, "options", "lacks %s", buf_cstr(&missing));
	if (!f)
		return err->code;
	/* whether it is one of the engine's files cannot be told */
	f->unjudged = !tmpfs && !source->foreign && !place_located(source);
	if (!remedy || finding_sketch(f))
		return 0;
	pointer = pointer_to(out, err, "/mounts/", index, "options/-");
	if (!pointer)
		return err->code;
	for (size_t i = 0; r == 0 && i < n; i++) {
		if (lacks[i])
			r = finding_edit(f, JSON_ADD, pointer, flags[i].value, err);
	}
	return r;
}

int check_mount_flags(const struct rule_input *in, struct findings *out, struct error *err)
{
	for (size_t i = 0; i < in->spec->mounts.n; i++) {
		const struct oci_mount *mount = oci_mount_at(in->spec, i);
		const bool tmpfs = strcmp(mount_type(mount), "tmpfs") == 0;
		_cleanup_free_ char *made = NULL;
		const char *destination;

		if (!tmpfs && !mount->bind)
			continue;
		destination = mount_destination(mount, &made, err);
		if (!destination)
			return err->code;
		/* The runtime makes the device nodes in /dev. */
		if (strcmp(destination, "/dev") == 0)
			continue;
		if (judge_flags(in, out, err, i, tmpfs) < 0)
			return err->code;
	}
	return 0;
}
