package dev.mooring.adapter.rest.openapi;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A document that is broken in one place is reported for that place. */
class OpenApiLintTest {
    private static final String SOUND =
            """
            openapi: 3.1.0
            security:
              - Key: []
            tags:
              - name: Things
            paths:
              /thing/{id}:
                parameters:
                  - name: id
                    in: path
                    required: true
                    description: Which
                    schema: {type: string}
                get:
                  tags: [Things]
                  operationId: getThing
                  summary: Show a thing
                  parameters:
                    - name: limit
                      in: query
                      description: How many
                      schema: {type: integer, default: 1}
                  requestBody:
                    content:
                      application/json:
                        schema: {$ref: '#/components/schemas/Thing'}
                        example: {name: asked}
                  responses:
                    '200':
                      description: The thing
                      content:
                        application/json:
                          schema: {$ref: '#/components/schemas/Thing'}
                          example: {name: answered}
                    '401':
                      description: No credential
                      headers:
                        WWW-Authenticate: {schema: {type: string}}
                      x-error-codes: [credential_missing]
                      content:
                        application/json:
                          schema: {$ref: '#/components/schemas/BifrostError'}
                          example: {status_code: 401, error: {code: credential_missing}}
                    '403':
                      description: No right
                      x-error-codes: [forbidden]
                      content:
                        application/json:
                          schema: {$ref: '#/components/schemas/BifrostError'}
                          example: {status_code: 403, error: {code: forbidden}}
                    '503': {$ref: '#/components/responses/Away'}
                    default: {$ref: '#/components/responses/Away'}
              /open:
                get:
                  tags: [Things]
                  operationId: getOpen
                  summary: Show what is open
                  security: []
                  responses:
                    '204':
                      description: Nothing
                    default: {$ref: '#/components/responses/Away'}
            components:
              securitySchemes:
                Key: {type: http, scheme: bearer}
              responses:
                Away:
                  description: Away
                  headers:
                    Retry-After: {schema: {type: integer}}
                  x-error-codes: [away]
                  content:
                    application/json:
                      schema: {$ref: '#/components/schemas/BifrostError'}
                      example: {status_code: 503, error: {code: away}}
              schemas:
                Thing:
                  type: object
                  required: [name]
                  additionalProperties: false
                  properties:
                    name: {type: string}
                BifrostError:
                  type: object
                  additionalProperties: false
                  properties:
                    status_code: {type: integer}
                    error: {type: object}
            """;

    @Test
    void soundDocumentHasNoFindings() {
        assertThat(OpenApiLint.findings(OpenApiDocument.of(SOUND))).isEmpty();
    }

    @Test
    void unusedComponentIsFound() {
        OpenApiDocument document = OpenApiDocument.of(SOUND + "    Spare: {type: string}\n");

        assertThat(OpenApiLint.findings(document))
                .containsExactly("#/components/schemas/Spare: is not used");
    }

    @ParameterizedTest(name = "{2}")
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            commentCharacter = '%',
            value = {
                "operationId: getThing | x-id: 1 | GET /thing/{id}: has no operationId",
                "operationId: getOpen | operationId: getThing | GET /open: getThing is taken",
                "summary: Show a thing | x-id: 1 | GET /thing/{id}: has no summary",
                "tags: [Things] | tags: [] | GET /thing/{id}: has no tag",
                "name: Things | name: Other | GET /thing/{id}: tag \"Things\" is not declared",
                "security: | x-security: | GET /thing/{id}: has no security",
                "- Key: [] | - Kex: [] | GET /thing/{id}: security scheme Kex is not declared",
                "'401': | '402': | GET /thing/{id}: needs a credential and has no answer 401",
                "'403': | '402': | GET /thing/{id}: needs a credential and has no answer 403",
                "'204': | '401': | GET /open: needs no credential and has an answer 401",
                "'204': | '404': | GET /open: has no answer for success",
                "default: {$ref | x-default: {$ref | GET /thing/{id}: has no default answer",
                "description: The thing | x-id: 1 | GET /thing/{id} 200: has no description",
                "description: Which | x-id: 1 | GET /thing/{id} parameter id: has no description",
                "schema: {type: string} | x-id: 1 | GET /thing/{id} parameter id: has no schema",
                "required: true | required: false | GET /thing/{id} parameter id: is not required",
                "/thing/{id}: | /thing: | GET /thing: declares path parameters [id]",
                "in: path | in: query | GET /thing/{id}: declares path parameters []",
                "WWW-Authenticate: | X-Other: | GET /thing/{id} 401: has no WWW-Authenticate",
                "Retry-After: | X-Other: | GET /thing/{id} 503: has no Retry-After",
                "x-error-codes: [forbidden] | x-id: 1 | GET /thing/{id} 403: has no x-error-codes",
                "status_code: 403, | status_code: 404, | its example has another status_code",
                "code: forbidden | code: other | \"other\", which is not among x-error-codes",
                "BifrostError'} | Thing'} | GET /thing/{id} 401: is no BifrostError",
                "example: {name: answered} | x-id: 1 | GET /thing/{id} 200: has no example",
                "{name: answered} | {name: 1} | 200: its example: /name: integer found",
                "{name: asked} | {} | request: its example: the whole: required property 'name'",
                "default: 1 | default: one | parameter limit: its default: the whole: string found",
                "type: string} | typ: string} | parameter id: has the unknown keyword typ",
                "additionalProperties: | x-id: | schemas/Thing: is an open object",
                "required: [name] | required: [nam] | requires \"nam\", which is not described",
                "#/components/schemas/Thing | #/components/schemas/Thin | Thin: leads nowhere",
                "#/components/schemas/Thing | other.yaml#/Thing | other.yaml#/Thing: leads nowhere",
                "Away: | Gone: | #/components/responses/Away: leads nowhere",
            })
    void brokenPlaceIsFound(String sound, String broken, String finding) {
        assertThat(SOUND).contains(sound);
        int place = SOUND.indexOf(sound);
        String document =
                SOUND.substring(0, place) + broken + SOUND.substring(place + sound.length());

        assertThat(OpenApiLint.findings(OpenApiDocument.of(document)))
                .anyMatch(found -> found.contains(finding));
    }
}
