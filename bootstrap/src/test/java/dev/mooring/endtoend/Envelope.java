package dev.mooring.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mooring.endtoend.ApiClient.Reply;

/** The envelope that every answer but a success has. */
final class Envelope {

    private Envelope() {}

    /** Checks the whole envelope and this stable code in it. */
    static void isError(Reply reply, int status, String code) {
        isError(reply, status);
        assertThat(reply.code()).as(reply.body()).isEqualTo(code);
    }

    /** Checks the whole envelope. */
    static void isError(Reply reply, int status) {
        assertThat(reply.status()).as(reply.body()).isEqualTo(status);
        assertThat(reply.header("Content-Type").orElse("")).startsWith("application/json");
        assertThat(reply.text("/event_id")).isNotEmpty().isEqualTo(reply.text("/error/event_id"));
        assertThat(reply.text("/type")).isNotEmpty();
        assertThat(reply.json().at("/is_bifrost_error").isBoolean()).isTrue();
        assertThat(reply.json().at("/status_code").asInt()).isEqualTo(status);
        assertThat(reply.text("/error/type")).isNotEmpty();
        assertThat(reply.code()).matches("[a-z][a-z0-9_]*");
        assertThat(reply.text("/error/message")).isNotEmpty();
        assertThat(reply.json().at("/extra_fields").isObject()).isTrue();
    }
}
