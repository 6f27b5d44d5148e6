package dev.mooring.party;

import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/** Decoded parameters of a query or of an {@code application/x-www-form-urlencoded} body. */
public record Parameters(Map<String, List<String>> values) {

    /** Parses the raw text; an empty text has no parameters. */
    public static Parameters parse(String raw) {
        Map<String, List<String>> values = new LinkedHashMap<>();
        for (String pair : raw.split("&", -1)) {
            if (!pair.isEmpty()) {
                int equals = pair.indexOf('=');
                String name = equals < 0 ? pair : pair.substring(0, equals);
                String value = equals < 0 ? "" : pair.substring(equals + 1);
                values.computeIfAbsent(decode(name), absent -> new ArrayList<>())
                        .add(decode(value));
            }
        }
        return new Parameters(values);
    }

    /** The first value of this parameter. */
    public Optional<String> first(String name) {
        return values.getOrDefault(name, List.of()).stream().findFirst();
    }

    /** The first value of this parameter, or the empty string. */
    public String text(String name) {
        return first(name).orElse("");
    }

    /** The space-separated words of this parameter, as OAuth writes scopes. */
    public Set<String> words(String name) {
        return first(name).stream()
                .flatMap(text -> List.of(text.split(" ", -1)).stream())
                .filter(word -> !word.isEmpty())
                .collect(Collectors.toCollection(LinkedHashSet::new));
    }

    /** The names that occur more than once. */
    public Set<String> repeated() {
        return values.entrySet().stream()
                .filter(entry -> entry.getValue().size() > 1)
                .map(Map.Entry::getKey)
                .collect(Collectors.toSet());
    }

    private static String decode(String text) {
        return URLDecoder.decode(text, StandardCharsets.UTF_8);
    }
}
