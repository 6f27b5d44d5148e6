package dev.mooring.adapter.rest;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;

import java.net.http.HttpResponse;
import java.util.stream.Collectors;

/** An answer of the API, with what tests ask of it. */
record ApiReply(HttpResponse<String> response) {
    int status() {
        return response.statusCode();
    }

    String text() {
        return response.body();
    }

    JsonNode json() {
        return Envelope.read(response.body());
    }

    String text(String pointer) {
        return json().at(pointer).asText();
    }

    String header(String name) {
        return response.headers().firstValue(name).orElse("");
    }

    /** The cookies that it sets, as a browser sends them back. */
    String cookies() {
        return response.headers().allValues("Set-Cookie").stream()
                .map(cookie -> cookie.split(";", 2)[0])
                .collect(Collectors.joining("; "));
    }

    ApiReply hasStatus(int status) {
        assertThat(response.statusCode()).as(response.body()).isEqualTo(status);
        return this;
    }

    /** Asserts status and code of an error. */
    ApiReply failsWith(int status, String code) {
        hasStatus(status);
        assertThat(Envelope.check(status, response.body()).get("code").asText()).isEqualTo(code);
        return this;
    }

    /** Asserts what an error blames. */
    void blames(String param) {
        assertThat(text("/error/param")).isEqualTo(param);
    }
}
