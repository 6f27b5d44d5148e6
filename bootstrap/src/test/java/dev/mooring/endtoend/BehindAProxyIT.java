package dev.mooring.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mooring.endtoend.ApiClient.Reply;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

import java.net.http.HttpRequest.BodyPublishers;
import java.util.Map;

/** The packaged service where whoever calls it from this machine is its proxy. */
final class BehindAProxyIT {

    private static ServiceProcess service;
    private static Mooring mooring;

    @BeforeAll
    static void start() {
        service =
                ServiceProcess.start(
                        SharedService.newDataDirectory(),
                        Map.of(
                                "MOORING_TRUSTED_PROXIES", "127.0.0.0/8, ::1",
                                "MOORING_ADDRESS_RATE_LIMIT", "1"));
        mooring = new Mooring(service.address(), service.printedKey());
    }

    @AfterAll
    static void stop() {
        mooring.close();
        service.close();
    }

    @Test
    void theTrailTellsFromWhereTheProxyWasCalled() {
        String body = "{\"name\":\"behind\",\"role\":\"viewer\"}";
        Reply made =
                mooring.api()
                        .send(
                                "/api/keys",
                                "POST",
                                BodyPublishers.ofString(body),
                                "Content-Type",
                                "application/json",
                                "X-Forwarded-For",
                                "203.0.113.9, 192.0.2.7");

        assertThat(made.status()).as(made.body()).isEqualTo(200);
        Reply trail = mooring.api().get("/api/audit?type=api_key_made");
        assertThat(trail.text("/events/0/address")).isEqualTo("192.0.2.7");
    }

    @Test
    void oneCallerOfTheProxyIsSlowedDownAndAnotherOneIsNot() {
        Eventually.holds("the noisy one is told so", () -> status("192.0.2.66") == 429);

        assertThat(status("192.0.2.77")).isEqualTo(404);
    }

    private static int status(String caller) {
        try (ApiClient stranger =
                new ApiClient(service.address(), new ApiClient.Credential.Nobody())) {
            return stranger.send(
                            "/nowhere", "GET", BodyPublishers.noBody(), "X-Forwarded-For", caller)
                    .status();
        }
    }
}
