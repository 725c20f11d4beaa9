dnl SPDX-License-Identifier: Apache-2.0
dnl Macros of this project's configure.ac.

dnl COFFERDAM_CFLAG(VARIABLE, FLAG)
dnl Append FLAG to VARIABLE if the compiler takes it without a word.
AC_DEFUN([COFFERDAM_CFLAG], [dnl
AS_VAR_PUSHDEF([cache], [cofferdam_cv_cflag_$2])dnl
AC_CACHE_CHECK([whether $CC takes $2], [cache], [
	cofferdam_saved=$CFLAGS
	CFLAGS="$CFLAGS -Werror $2"
	AC_COMPILE_IFELSE([AC_LANG_SOURCE([[
#include <string.h>
int main(int argc, char **argv)
{
	char copy[64];

	strncpy(copy, argv[0], sizeof(copy) - 1);
	copy[63] = 0;
	return argc + copy[0];
}
]])], [AS_VAR_SET([cache], [yes])], [AS_VAR_SET([cache], [no])])
	CFLAGS=$cofferdam_saved
])
AS_VAR_IF([cache], [yes], [AS_VAR_APPEND([$1], [" $2"])])
AS_VAR_POPDEF([cache])dnl
])

dnl COFFERDAM_LDFLAG(VARIABLE, FLAG)
dnl Append FLAG to VARIABLE if a program links with it without a word.
AC_DEFUN([COFFERDAM_LDFLAG], [dnl
AS_VAR_PUSHDEF([cache], [cofferdam_cv_ldflag_$2])dnl
AC_CACHE_CHECK([whether $CC links with $2], [cache], [
	cofferdam_saved=$LDFLAGS
	LDFLAGS="$LDFLAGS -Wl,--fatal-warnings $2"
	AC_LINK_IFELSE([AC_LANG_PROGRAM([[]], [[]])],
		[AS_VAR_SET([cache], [yes])], [AS_VAR_SET([cache], [no])])
	LDFLAGS=$cofferdam_saved
])
AS_VAR_IF([cache], [yes], [AS_VAR_APPEND([$1], [" $2"])])
AS_VAR_POPDEF([cache])dnl
])

dnl COFFERDAM_LIBRARY(VARIABLE, MODULE, DEBIAN PACKAGE, FEDORA PACKAGE)
dnl Find a library by pkg-config; what is missing is collected, so that one run
dnl names everything that has to be installed.
AC_DEFUN([COFFERDAM_LIBRARY], [dnl
PKG_CHECK_MODULES([$1], [$2], [], [
	AC_MSG_RESULT([no])
	AS_VAR_APPEND([cofferdam_missing], ["
  $2: install $3 (Debian, Ubuntu) or $4 (Fedora, RHEL)"])
])
])
