package dev.mooring.adapter.rest.openapi;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class OpenApiYamlTest {
    @Test
    void documentIsSound() {
        assertThat(OpenApiLint.findings(OpenApiDocument.served())).isEmpty();
    }
}
