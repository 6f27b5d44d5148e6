package dev.mooring.adapter.rest;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mooring.domain.access.Role;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

abstract class WebhookOperations extends Operations {
    private static final String SIEM =
            "{\"name\":\"siem\",\"url\":\"https://hooks.example/siem\",\"types\":[\"client_removed\"]}";

    private ApiReply create(String body) {
        return api.call("POST", "/api/webhooks").as(Role.ADMIN).json(body).send();
    }

    private ApiReply list() {
        return api.call("GET", "/api/webhooks").as(Role.ADMIN).send().hasStatus(200);
    }

    private ApiReply post(String id, String what, String body) {
        ApiServer.Call call = api.call("POST", "/api/webhooks/" + id + what).as(Role.ADMIN);
        return (body.isEmpty() ? call : call.json(body)).send();
    }

    @Test
    void secretIsShownOnceAndAgainOnlyWhenItIsAnotherOne() {
        ApiReply made = create(SIEM).hasStatus(200);
        String secret = made.text("/secret");
        assertThat(secret).startsWith("whsec_");
        assertThat(made.json().at("/types/0").asText()).isEqualTo("client_removed");

        ApiReply list = list();
        assertThat(list.json().at("/count").asInt()).isEqualTo(1);
        assertThat(list.json().at("/webhooks/0/status").asText()).isEqualTo("active");
        assertThat(list.text()).contains("hooks.example").doesNotContain(secret, "whsec_");

        ApiReply rotated = post(made.text("/id"), "/rotate-secret", "").hasStatus(200);
        assertThat(rotated.text("/secret")).startsWith("whsec_").isNotEqualTo(secret);
    }

    @Test
    void deletedOneIsUnknown() {
        String id = create(SIEM).text("/id");
        String target = "/api/webhooks/" + id;
        api.call("DELETE", target).as(Role.ADMIN).send().hasStatus(200);
        api.call("DELETE", target).as(Role.ADMIN).send().failsWith(404, "webhook_not_found");
        post(id, "/rotate-secret", "").failsWith(404, "webhook_not_found");
        post(id, "/replay", "{}").failsWith(404, "webhook_not_found");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    {}                                 | 200 |
                    {"after":3}                        | 200 |
                    {"since":"2026-11-01T00:00:00Z"}   | 200 |
                    {"after":-1}                       | 400 | after
                    {"since":"yesterday"}              | 400 | since
                    {"after":1,"since":"2026-11-01T00:00:00Z"} | 400 | since
                    """)
    void replayTakesAnEventOrATime(String body, int status, String param) {
        ApiReply reply = post(create(SIEM).text("/id"), "/replay", body).hasStatus(status);
        if (status == 400) {
            reply.failsWith(400, "invalid_field").blames(param);
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    {"url":"https://hooks.example"}                        | missing_field | name
                    {"name":"siem"}                                        | missing_field | url
                    {"name":"s i","url":"https://hooks.example"}           | invalid_field | name
                    {"name":"siem","url":"file:///etc/passwd"}             | invalid_field | url
                    {"name":"siem","url":"https://a:b@hooks.example"}      | invalid_field | url
                    {"name":"siem","url":"https://hooks.example","types":["x"]} | invalid_field | types
                    {"name":"siem","url":"https://hooks.example","secret":"mine"} | unknown_field | secret
                    """)
    void badFieldIsNamed(String body, String code, String param) {
        create(body).failsWith(400, code).blames(param);
    }

    @Test
    void placeWhereNothingMayBeSentIsRefusedAtOnce() {
        ApiReply reply =
                create("{\"name\":\"siem\",\"url\":\"http://hooks.example/in\"}")
                        .failsWith(400, "invalid_field");

        reply.blames("url");
        assertThat(reply.text("/error/message")).isEqualTo("url: only https will do");
        assertThat(list().json().at("/count").asInt()).isZero();
    }

    @Test
    void takenNameIsRefused() {
        create(SIEM).hasStatus(200);
        create(SIEM).failsWith(409, "already_taken").blames("name");
    }
}
