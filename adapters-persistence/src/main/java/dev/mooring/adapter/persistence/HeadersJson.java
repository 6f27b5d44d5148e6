package dev.mooring.adapter.persistence;

import com.fasterxml.jackson.databind.node.ObjectNode;

import dev.mooring.domain.Secret;
import dev.mooring.domain.client.StaticHeaders;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** How {@link StaticHeaders} are kept: one JSON object, to be sealed, as the values are secrets. */
record HeadersJson(String value) implements Secret {

    /** Nothing is kept where there are no headers. */
    static Optional<HeadersJson> of(StaticHeaders headers) {
        ObjectNode json = JsonText.object();
        headers.byName().forEach((name, value) -> json.put(name, value.value()));
        return json.isEmpty()
                ? Optional.empty()
                : Optional.of(new HeadersJson(JsonText.write(json)));
    }

    StaticHeaders toHeaders() {
        Map<String, StaticHeaders.Value> byName = new LinkedHashMap<>();
        JsonText.read(value)
                .properties()
                .forEach(entry ->
                        byName.put(
                                entry.getKey(),
                                new StaticHeaders.Value(entry.getValue().textValue())));
        return new StaticHeaders(byName);
    }

    @Override
    public String toString() {
        return REDACTED;
    }
}
