"""The chat's Lambda functions, run on AWS as they are: bcrypt, PyJWT, nothing of the rig, and of AWS's SDK
nothing either (`adapters/json_api.py` says why).

Each module beside this one that has a `handler(event, context)` is one function. `chat/` is the domain (no AWS, no
events, no environment), `adapters/` holds DynamoDB, SSM, S3 and the callback API. What each function needs of its
deployment (MB and s: memory and timeout that suit it; `send-message` is `handlers.send_message.handler`):

| function        | environment                                                         | pip          | MB  | s  |
|-----------------|---------------------------------------------------------------------|--------------|-----|----|
| signup          | USERS_TABLE ALLOWED_ORIGIN                                          | bcrypt       | 512 | 10 |
| login           | USERS_TABLE TOKEN_SECRET_PARAMETER TOKEN_TTL_S ALLOWED_ORIGIN       | bcrypt pyjwt | 512 | 10 |
| connect         | C P R CONNECTION_TTL_S AUTH_MODES TOKEN_SECRET_PARAMETER            | pyjwt        | 256 | 10 |
| authorize       | AUTH_MODES USER_POOL_ISSUER USER_POOL_KEYS_URL USER_POOL_CLIENT_ID  | pyjwt        | 256 | 10 |
| disconnect      | C P                                                                 |              | 256 | 10 |
| default         |                                                                     |              | 128 | 10 |
| send-message    | C P R M USERS_TABLE RATE_LIMIT FANOUT                               |              | 256 | 10 |
| send-file       | C P R M F USERS_TABLE RATE_LIMIT FANOUT                             |              | 256 | 10 |
| edit-message    | C R M RATE_LIMIT FANOUT                                             |              | 256 | 10 |
| delete-message  | C R M F RATE_LIMIT FANOUT                                           |              | 256 | 10 |
| react           | C R M RATE_LIMIT FANOUT                                             |              | 256 | 10 |
| create-upload   | C R F RATE_LIMIT                                                    |              | 256 | 10 |
| get-file        | C R M F                                                             |              | 256 | 10 |
| get-messages    | C R M                                                               |              | 256 | 10 |
| search-messages | C R M                                                               |              | 512 | 10 |
| create-room     | C P R                                                               |              | 256 | 10 |
| join-room       | C P R CALLBACK_URL                                                  |              | 256 | 10 |
| leave-room      | C P R CALLBACK_URL                                                  |              | 256 | 10 |
| list-rooms      | C R                                                                 |              | 256 | 10 |
| get-members     | C P R                                                               |              | 256 | 10 |
| typing          | C P R CALLBACK_URL                                                  |              | 256 | 10 |
| ping            |                                                                     |              | 128 | 10 |
| fan-out         | C P CALLBACK_URL                                                    |              | 512 | 30 |
| presence        | C P CALLBACK_URL                                                    |              | 512 | 30 |

`authorize` is there where AUTH_MODES holds cognito, and then reads the token secret (TOKEN_SECRET_PARAMETER) in place
of connect, if AUTH_MODES holds jwt too.
C, P, R, M, F: CONNECTIONS_TABLE, PRESENCE_TABLE, ROOMS_TABLE, MESSAGES_TABLE, and FILES_URL FILES_BUCKET. Where fan-out
is direct, those with FANOUT have P, CALLBACK_URL, 512 MB and 30 s, as fan-out has.

Each may do this and nothing else, besides writing to its own log group. `index` is
`{Connections arn}/index/byConnection`; "posts" stands for Query and DeleteItem on Connections, Query on index,
UpdateItem on Presence, and execute-api:ManageConnections on
`arn:aws:execute-api:{region}:{account}:{api}/{stage}/POST/@connections/*`; "closes" for the last with DELETE;
"counts" for UpdateItem and PutItem on Connections; "converses" for GetItem on Users and Presence and PutItem on Rooms;
"reads a stream" for dynamodb:DescribeStream, GetRecords, GetShardIterator on it and ListStreams on `*`. Where fan-out
is direct, those with FANOUT post and close too, and GetItem Presence.

| function        | dynamodb actions on tables, and others                                                            |
|-----------------|---------------------------------------------------------------------------------------------------|
| signup          | PutItem Users                                                                                     |
| login           | GetItem Users; ssm:GetParameter the secret                                                        |
| connect         | PutItem Connections; UpdateItem, ConditionCheckItem Presence; Query, ConditionCheckItem Rooms;    |
|                 | ssm:GetParameter the secret                                                                       |
| authorize       | none; ssm:GetParameter the secret where AUTH_MODES holds jwt too                                  |
| disconnect      | GetItem, DeleteItem Connections; Query index; UpdateItem Presence                                 |
| send-message    | GetItem Connections, Rooms; counts; converses; PutItem Messages                                   |
| send-file       | the same; s3:GetObject uploads/*, s3:PutObject files/*                                            |
| edit-message    | GetItem Connections, Rooms; counts; GetItem, PutItem Messages                                     |
| delete-message  | the same; s3:DeleteObject files/*                                                                 |
| react           | as edit-message                                                                                   |
| create-upload   | GetItem Connections; counts; s3:PutObject uploads/*, for who uploads                              |
| get-file        | GetItem Connections, Rooms, Messages; s3:GetObject files/*, for who downloads                     |
| get-messages    | GetItem Connections, Rooms; Query Messages                                                        |
| search-messages | GetItem Connections, Rooms; Query Messages                                                        |
| create-room     | GetItem, PutItem Connections; GetItem, ConditionCheckItem Presence;                               |
|                 | PutItem, ConditionCheckItem Rooms                                                                 |
| join-room       | GetItem, PutItem Connections; GetItem, ConditionCheckItem Presence; GetItem, Query, PutItem,      |
|                 | UpdateItem, DeleteItem, ConditionCheckItem Rooms; posts                                           |
| leave-room      | GetItem Connections, Presence; the same on Rooms as join-room; posts                              |
| list-rooms      | GetItem Connections; Query Rooms                                                                  |
| get-members     | GetItem, Query Connections, Rooms; GetItem Presence                                               |
| typing          | GetItem Connections, Rooms, Presence; posts                                                       |
| fan-out         | GetItem Connections, Presence; posts, closes; reads the stream of Messages                        |
| presence        | posts; reads the stream of Presence                                                               |

The event source mappings of fan-out (off where fan-out is direct) and of presence (off where that is): BatchSize 100,
MaximumBatchingWindowInSeconds 0, StartingPosition TRIM_HORIZON, FunctionResponseTypes [ReportBatchItemFailures],
MaximumRetryAttempts 3 (a push that cannot be made must not hold up the room for a day: the message stays in the
history).
"""
