package dev.mooring.adapter.persistence;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/** How an enum constant is written in a column: its name in lower case, never its number. */
final class StoredWord {

    private StoredWord() {}

    static String of(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT);
    }

    /**
     * The constant behind a word that says what a row is. The table's CHECK lists these words, and
     * a release that only reads a new one comes before the first that writes it.
     */
    static <E extends Enum<E>> E parse(Class<E> type, String word) {
        return find(type, word)
                .orElseThrow(() ->
                        new IllegalStateException(
                                "A word of another version: " + type.getSimpleName()));
    }

    /** The constant behind a word that only tells more; empty for one of a newer version. */
    static <E extends Enum<E>> Optional<E> find(Class<E> type, String word) {
        return Arrays.stream(type.getEnumConstants())
                .filter(constant -> of(constant).equals(word))
                .findFirst();
    }
}
