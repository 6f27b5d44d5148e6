package dev.mooring.domain.oauth;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mooring.domain.Refused;

import org.junit.jupiter.api.Test;

import java.net.URI;
import java.util.List;
import java.util.Optional;

class AcceptedQuirksTest {
    private static final Issuer ASKED = new Issuer("https://as.example/common");
    private static final Optional<String> OTHER_NAME = Optional.of("https://as.example/tenant");
    private static final URI SERVER = URI.create("https://mcp.example/mcp");
    private static final ResourceIdentifier OTHER = new ResourceIdentifier("https://other.example");

    @Test
    void wordsComeBackInOneOrder() {
        List<String> all = List.of("issuer_mismatch", "resource_mismatch", "omit_resource");
        assertThat(AcceptedQuirks.parse(all.reversed()).words()).isEqualTo(all);
        assertThat(AcceptedQuirks.parse(List.of("omit_resource", "omit_resource")).words())
                .containsExactly("omit_resource");
        assertThat(AcceptedQuirks.parse(List.of())).isEqualTo(AcceptedQuirks.NONE);
    }

    @Test
    void aStoredWordThatOnlyANewerVersionKnowsLiftsNothingAndStays() {
        AcceptedQuirks stored = AcceptedQuirks.stored(List.of("word_of_tomorrow", "omit_resource"));
        assertThat(stored.words()).containsExactly("omit_resource", "word_of_tomorrow");
        assertThat(stored.quirks()).containsExactly(Quirk.OMIT_RESOURCE);
        assertThat(
                        AcceptedQuirks.stored(List.of("word_of_tomorrow"))
                                .letMetadataOf(ASKED, OTHER_NAME))
                .isFalse();
    }

    @Test
    void whatNamesNoneIsRefused() {
        for (String word : List.of("", "all", "ISSUER_MISMATCH", "pkce")) {
            Refused.naming("oauth_config.exceptions", () -> AcceptedQuirks.parse(List.of(word)));
        }
    }

    @Test
    void eachLiftsOneRule() {
        assertThat(AcceptedQuirks.NONE.letMetadataOf(ASKED, OTHER_NAME)).isFalse();
        assertThat(AcceptedQuirks.NONE.letMetadataOf(ASKED, Optional.empty())).isFalse();
        assertThat(AcceptedQuirks.NONE.letMetadataOf(ASKED, Optional.of(ASKED.value()))).isTrue();
        assertThat(AcceptedQuirks.NONE.letMetadataFor(OTHER, SERVER)).isFalse();
        assertThat(AcceptedQuirks.NONE.sent(OTHER)).contains(OTHER);

        assertThat(with("issuer_mismatch").letMetadataOf(ASKED, OTHER_NAME)).isTrue();
        assertThat(with("issuer_mismatch").letMetadataOf(ASKED, Optional.empty())).isFalse();
        assertThat(with("issuer_mismatch").letMetadataFor(OTHER, SERVER)).isFalse();
        assertThat(with("resource_mismatch").letMetadataFor(OTHER, SERVER)).isTrue();
        assertThat(with("resource_mismatch").letMetadataOf(ASKED, OTHER_NAME)).isFalse();
        assertThat(with("omit_resource").sent(OTHER)).isEmpty();
    }

    @Test
    void metadataForAnotherResourceNeverNamesWhatTokensAreFor() {
        ProtectedResource foreign =
                new ProtectedResource(OTHER, List.of(ASKED), Scopes.NONE, DpopDemand.NONE);
        assertThat(with("resource_mismatch").resourceOf(foreign, SERVER))
                .isEqualTo(new ResourceIdentifier("https://mcp.example/mcp"));
        ResourceIdentifier whole = new ResourceIdentifier("https://mcp.example");
        assertThat(
                        with("resource_mismatch")
                                .resourceOf(
                                        new ProtectedResource(
                                                whole,
                                                List.of(ASKED),
                                                Scopes.NONE,
                                                DpopDemand.NONE),
                                        SERVER))
                .isEqualTo(whole);
    }

    private static AcceptedQuirks with(String word) {
        return AcceptedQuirks.parse(List.of(word));
    }
}
