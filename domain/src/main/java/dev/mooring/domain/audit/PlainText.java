package dev.mooring.domain.audit;

/** Foreign text as the trail takes it. */
final class PlainText {
    private static final int CODE_LENGTH = 100;
    private static final int DETAIL_LENGTH = 500;

    private PlainText() {}

    /** A word that machines compare. */
    static String code(String text) {
        return of(text, CODE_LENGTH);
    }

    static String detail(String text) {
        return of(text, DETAIL_LENGTH);
    }

    /** The text without control characters, and not longer than this. */
    static String of(String text, int maxLength) {
        StringBuilder plain = new StringBuilder(Math.min(text.length(), maxLength));
        text.codePoints()
                .limit(maxLength)
                .map(c -> isPlain(c) ? c : '\uFFFD')
                .forEach(plain::appendCodePoint);
        return plain.toString();
    }

    /** A lone surrogate is no text, and a format character may show a text as another one. */
    private static boolean isPlain(int codePoint) {
        return switch (Character.getType(codePoint)) {
            case Character.CONTROL,
                    Character.FORMAT,
                    Character.SURROGATE,
                    Character.LINE_SEPARATOR,
                    Character.PARAGRAPH_SEPARATOR ->
                    false;
            default -> true;
        };
    }
}
