package dev.mooring.domain.client;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mooring.domain.Refused;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import java.util.Random;

class ClientNamesTest {

    @ParameterizedTest
    @CsvSource({
        "files, files",
        "My_Files, my-files",
        "a__b..c, a-b-c",
        "_files_, files",
        "Files2, files2",
        "___, client",
        "a/b?c=d&e, a-b-c-d-e"
    })
    void aNameHasASlug(String name, String slug) {
        assertThat(new ClientName(name).slug()).isEqualTo(new EndpointSlug(slug));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"", " ", "a b", "a-b", "-", "1files", "9", "fïles", "a\tb", "a\u007f", "\n"})
    void whatIsNoNameIsRefused(String name) {
        Refused.naming("name", () -> new ClientName(name));
    }

    @Test
    void aNameHasAtMost128Characters() {
        assertThat(new ClientName("a".repeat(128)).slug().value()).hasSize(128);
        Refused.naming("name", () -> new ClientName("a".repeat(129)));
    }

    @Test
    void everyNameHasASlugThatCanExist() {
        Random random = new Random(5);
        for (int round = 0; round < 2000; round++) {
            StringBuilder name = new StringBuilder("_");
            for (int i = random.nextInt(127); i > 0; i--) {
                char c = (char) (0x21 + random.nextInt(0x7f - 0x21));
                name.append(c == '-' ? '_' : c);
            }
            assertThat(new ClientName(name.toString()).slug().value()).isNotEmpty();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"a", "9", "a-b"})
    void aSlugFitsIntoAPath(String slug) {
        assertThat(new EndpointSlug(slug)).hasToString(slug);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "A", "-a", "a-", "a_b", "a/b", "a b", "ä"})
    void whatIsNoSlugIsRefused(String slug) {
        Refused.naming("endpoint_slug", () -> new EndpointSlug(slug));
    }

    @ParameterizedTest
    @ValueSource(strings = {"a", "0", "files", "my.files_2-b", "OAUTH_x", "oauth"})
    void anIdOfTheCallersChoiceIsPlain(String id) {
        assertThat(new ClientId(id)).hasToString(id);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "_a", "-a", ".", "a b", "a/b", "ä", "oauth_x", "oauth_"})
    void whatIsNoIdIsRefused(String id) {
        Refused.naming("client_id", () -> new ClientId(id));
    }

    @Test
    void anIdNeverLooksLikeTheIdOfAnOAuthConfig() {
        Random random = new Random(6);
        assertThat(ClientId.random(random).value()).matches("mcp_[0-9a-f]{32}");
        OAuthConfigId config = OAuthConfigId.random(random);
        assertThat(config.value()).matches("oauth_[0-9a-f]{32}");
        Refused.naming("client_id", () -> new ClientId(config.value()));
        Refused.naming("oauth_config_id", () -> new OAuthConfigId("mcp_1"));
    }
}
