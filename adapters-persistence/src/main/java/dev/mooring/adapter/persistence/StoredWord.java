package dev.mooring.adapter.persistence;

import java.util.Locale;

/** How an enum constant is written in a column: its name in lower case, never its number. */
final class StoredWord {

    private StoredWord() {}

    static String of(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT);
    }

    /** The constant behind a word that this class wrote. */
    static <E extends Enum<E>> E parse(Class<E> type, String word) {
        return Enum.valueOf(type, word.toUpperCase(Locale.ROOT));
    }
}
