package dev.mooring.domain.oauth;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.api.Test;

class IssuerTest {

    @Test
    void issuersThatDifferOnlyInATrailingSlashAreNotTheSame() {
        assertThat(new Issuer("https://as.example"))
                .isEqualTo(new Issuer("https://as.example"))
                .isNotEqualTo(new Issuer("https://as.example/"));
    }

    @Test
    void blankIssuerIsRefused() {
        assertThatIllegalArgumentException().isThrownBy(() -> new Issuer(" "));
    }
}
