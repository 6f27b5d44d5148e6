package dev.mooring.adapter.rest;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;

import java.util.UUID;

/** Holds an answer against the error envelope of the HTTP contract. */
public final class Envelope {
    private static final ObjectMapper JSON = new ObjectMapper();

    private Envelope() {}

    /** Checks the shape and returns the inner {@code error} object. */
    public static JsonNode check(int status, String body) {
        JsonNode envelope = read(body);
        assertThat(envelope.fieldNames())
                .toIterable()
                .containsExactlyInAnyOrder(
                        "event_id",
                        "type",
                        "is_bifrost_error",
                        "status_code",
                        "error",
                        "extra_fields");
        String event = envelope.get("event_id").asText();
        assertThat(UUID.fromString(event).version()).isEqualTo(4);
        assertThat(envelope.get("is_bifrost_error").asBoolean(true)).isFalse();
        assertThat(envelope.get("status_code").asInt()).isEqualTo(status);
        assertThat(envelope.get("extra_fields").isObject()).isTrue();
        JsonNode error = envelope.get("error");
        assertThat(error.get("event_id").asText()).isEqualTo(event);
        assertThat(error.get("type")).isEqualTo(envelope.get("type"));
        assertThat(error.get("message").asText()).isNotBlank();
        return error;
    }

    public static JsonNode check(RawHttp.Reply reply) {
        assertThat(reply.header("Content-Type")).isEqualTo("application/json");
        assertThat(reply.header("X-Request-Id")).isNotBlank();
        return check(reply.status(), reply.text());
    }

    public static JsonNode read(String body) {
        try {
            return JSON.readTree(body);
        } catch (JsonProcessingException e) {
            throw new AssertionError("Not JSON: " + body, e);
        }
    }
}
