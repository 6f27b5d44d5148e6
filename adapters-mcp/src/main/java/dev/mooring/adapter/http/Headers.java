package dev.mooring.adapter.http;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * Header fields in the order they were given. A name may occur several times and is compared
 * without regard to case. Values may be credentials, so {@link #toString} shows names only.
 */
public final class Headers {

    public static final Headers NONE = new Headers(List.of());

    /** One header field as it is written on the wire. */
    public record Field(String name, String value) {

        @Override
        public String toString() {
            return name;
        }
    }

    private final List<Field> fields;

    private Headers(List<Field> fields) {
        this.fields = List.copyOf(fields);
    }

    public static Headers of(List<Field> fields) {
        return new Headers(fields);
    }

    /** These headers and one more; an earlier field of the same name stays. */
    public Headers with(String name, String value) {
        List<Field> more = new ArrayList<>(fields);
        more.add(new Field(name, value));
        return new Headers(more);
    }

    public List<Field> fields() {
        return fields;
    }

    public Optional<String> first(String name) {
        return fields.stream()
                .filter(field -> field.name().equalsIgnoreCase(name))
                .map(Field::value)
                .findFirst();
    }

    public List<String> all(String name) {
        return fields.stream()
                .filter(field -> field.name().equalsIgnoreCase(name))
                .map(Field::value)
                .toList();
    }

    @Override
    public String toString() {
        return fields.stream().map(Field::name).collect(Collectors.joining(", ", "Headers[", "]"));
    }
}
