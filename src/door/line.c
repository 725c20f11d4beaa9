/* SPDX-License-Identifier: Apache-2.0 */
#include <cofferdam/door.h>

#include <string.h>
#include <time.h>

#include <cofferdam/text.h>

void door_error_line(struct buf *out, const char *format, const char *text)
{
	const bool json = format && strcmp(format, "json") == 0;

	buf_str(out, json ? "{\"level\":\"error\",\"msg\":" : "time=\"");
	if (!json) {
		text_utc(out, time(NULL));
		buf_str(out, "Z\" level=error msg=");
	}
	json_string(out, text);
	if (!json)
		return;
	buf_str(out, ",\"time\":\"");
	text_utc(out, time(NULL));
	buf_str(out, "Z\"}");
}
