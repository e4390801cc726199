"""The chat's Lambda functions, run on AWS as they are: botocore, bcrypt, PyJWT, nothing of the rig.

Each module beside this one that has a `handler(event, context)` is one function. `chat/` is the domain (no AWS, no
events, no environment), `adapters/` holds DynamoDB, SSM and the callback API. What each function needs of its
deployment (MB and s: memory and timeout that suit it; `send-message` is `handlers.send_message.handler`):

| function     | environment                                                          | pip          | MB  | s  |
|--------------|----------------------------------------------------------------------|--------------|-----|----|
| signup       | USERS_TABLE ALLOWED_ORIGIN                                           | bcrypt       | 512 | 10 |
| login        | USERS_TABLE TOKEN_SECRET_PARAMETER TOKEN_TTL_S ALLOWED_ORIGIN        | bcrypt pyjwt | 512 | 10 |
| connect      | CONNECTIONS_TABLE CONNECTION_TTL_S AUTH_MODES TOKEN_SECRET_PARAMETER | pyjwt        | 256 | 10 |
| disconnect   | CONNECTIONS_TABLE                                                    |              | 256 | 10 |
| default      |                                                                      |              | 128 | 10 |
| send-message | CONNECTIONS_TABLE ROOMS_TABLE MESSAGES_TABLE RATE_LIMIT              |              | 256 | 10 |
| get-messages | CONNECTIONS_TABLE ROOMS_TABLE MESSAGES_TABLE                         |              | 256 | 10 |
| typing       | CONNECTIONS_TABLE ROOMS_TABLE CALLBACK_URL                           |              | 256 | 10 |
| ping         |                                                                      |              | 128 | 10 |
| fan-out      | CONNECTIONS_TABLE CALLBACK_URL                                       |              | 512 | 30 |

Each may do this and nothing else, besides writing to its own log group. `index` is
`{Connections arn}/index/byConnection`, `stream` the stream of Messages, `@POST`
`arn:aws:execute-api:{region}:{account}:{api}/{stage}/POST/@connections/*`.

| function     | IAM actions on resources                                                                             |
|--------------|------------------------------------------------------------------------------------------------------|
| signup       | dynamodb:PutItem Users                                                                               |
| login        | dynamodb:GetItem Users; ssm:GetParameter the secret                                                  |
| connect      | dynamodb:PutItem Connections; ssm:GetParameter the secret                                            |
| disconnect   | dynamodb:DeleteItem Connections; dynamodb:Query index                                                |
| send-message | dynamodb:GetItem, UpdateItem, PutItem Connections; dynamodb:GetItem Rooms; dynamodb:PutItem Messages |
| get-messages | dynamodb:GetItem Connections, Rooms; dynamodb:Query Messages                                         |
| typing       | dynamodb:GetItem, Query, DeleteItem Connections; dynamodb:Query index; dynamodb:GetItem Rooms;       |
|              | execute-api:ManageConnections @POST                                                                  |
| fan-out      | dynamodb:Query, DeleteItem Connections; dynamodb:Query index;                                        |
|              | execute-api:ManageConnections @POST, @DELETE;                                                        |
|              | dynamodb:DescribeStream, GetRecords, GetShardIterator stream; dynamodb:ListStreams *                 |

The event source mapping of fan-out: BatchSize 100, MaximumBatchingWindowInSeconds 0, StartingPosition TRIM_HORIZON,
FunctionResponseTypes [ReportBatchItemFailures], MaximumRetryAttempts 3 (a push that cannot be made must not hold up
the room for a day: the message stays in the history).
"""
