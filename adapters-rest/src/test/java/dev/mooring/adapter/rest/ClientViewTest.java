package dev.mooring.adapter.rest;

import static org.assertj.core.api.Assertions.assertThat;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.mooring.adapter.rest.edge.Json;
import dev.mooring.domain.mcp.Tool;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

import java.util.List;
import java.util.Optional;

class ClientViewTest {

    @ParameterizedTest
    @MethodSource
    void aSchemaIsShownAsTheServerSentIt(String schema) {
        Tool tool = new Tool("a", Optional.empty(), Optional.empty(), schema);

        assertThat(new String(Json.write(ClientView.ToolView.of(tool, true)), UTF_8))
                .isEqualTo("{\"name\":\"a\",\"parameters\":%s}".formatted(schema));
    }

    static List<String> aSchemaIsShownAsTheServerSentIt() {
        return List.of(
                "{}",
                "{\"z\":1,\"a\":{\"$ref\":\"#/$defs/größe\"},\"$defs\":{\"x\":false,\"y\":null}}",
                "{\"multipleOf\":0.010,\"maximum\":12345678901234567890.1,\"minimum\":-1E+400}",
                "{\"maximum\":1234567890123456789012345678901234567890}",
                "{\"not\":".repeat(90) + "{}" + "}".repeat(90));
    }
}
