package dev.mooring.adapter.persistence;

import org.jspecify.annotations.Nullable;

import java.time.Instant;
import java.time.ZoneOffset;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** Values for the named parameters of a statement, in the types that DbClient can bind. */
final class Columns {

    private final Map<String, @Nullable Object> byName = new LinkedHashMap<>();

    /**
     * Adds a value; an empty {@code Optional} is NULL.
     *
     * @param value a String, number, Boolean, byte array, array of Strings, Instant, or an Optional
     *     of one of them
     */
    Columns with(String name, Object value) {
        Optional<?> present = value instanceof Optional<?> o ? o : Optional.of(value);
        byName.put(name, present.map(Columns::bindable).orElse(null));
        return this;
    }

    private static Object bindable(Object value) {
        return switch (value) {
            case Instant instant -> instant.atOffset(ZoneOffset.UTC);
            // PostgreSQL cannot store this character and refuses to compare with it either.
            case String text -> text.replace('\0', '\uFFFD');
            default -> value;
        };
    }

    Map<String, @Nullable Object> asParameters() {
        return byName;
    }
}
