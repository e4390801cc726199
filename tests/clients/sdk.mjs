// DynamoDB by the AWS SDK for JavaScript v3: node sdk.mjs TABLE
import { CreateTableCommand, DynamoDBClient, PutItemCommand, QueryCommand } from '@aws-sdk/client-dynamodb';

const client = new DynamoDBClient({}); // AWS_ENDPOINT_URL, AWS_REGION and keys are the environment's
const TableName = process.argv[2];
await client.send(
  new CreateTableCommand({
    TableName,
    BillingMode: 'PAY_PER_REQUEST',
    KeySchema: [{ AttributeName: 'room', KeyType: 'HASH' }],
    AttributeDefinitions: [{ AttributeName: 'room', AttributeType: 'S' }],
  }),
);
await client.send(new PutItemCommand({ TableName, Item: { room: { S: 'tea' }, text: { S: 'hello' } } }));
const found = await client.send(
  new QueryCommand({
    TableName,
    KeyConditionExpression: 'room = :room',
    ExpressionAttributeValues: { ':room': { S: 'tea' } },
  }),
);
console.log(JSON.stringify(found.Items));
