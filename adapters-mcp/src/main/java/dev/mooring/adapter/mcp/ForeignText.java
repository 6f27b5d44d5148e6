package dev.mooring.adapter.mcp;

import java.nio.charset.StandardCharsets;
import java.util.regex.Pattern;

/** Makes text of others fit to keep, show and log. */
final class ForeignText {
    private static final char REPLACEMENT = '\uFFFD';

    /** The escape for NUL in JSON, not a backslash that is escaped itself. */
    private static final Pattern NUL = Pattern.compile("(?<!\\\\)(?:\\\\\\\\)*+\\\\u0000");

    private ForeignText() {}

    /** At most {@code max} characters; what no text store or terminal should meet is replaced. */
    static String bounded(String text, int max) {
        StringBuilder clean = new StringBuilder(Math.min(text.length(), max));
        for (int at = 0; at < text.length(); ) {
            int point = text.codePointAt(at);
            at += Character.charCount(point);
            int shown = isFit(point) ? point : REPLACEMENT;
            if (clean.length() + Character.charCount(shown) > max) {
                break;
            }
            clean.appendCodePoint(shown);
        }
        return clean.toString();
    }

    /** One short line. */
    static String loggable(String text) {
        return bounded(text, 64).replaceAll("\\s", " ");
    }

    /** Whether the text has a form in UTF-8, and no NUL, which PostgreSQL cannot keep. */
    static boolean isStorable(String json) {
        return StandardCharsets.UTF_8.newEncoder().canEncode(json) && !NUL.matcher(json).find();
    }

    private static boolean isFit(int point) {
        return point == '\n'
                || point == '\t'
                || !(Character.isISOControl(point)
                        || Character.getType(point) == Character.SURROGATE);
    }
}
