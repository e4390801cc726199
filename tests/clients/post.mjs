// @connections by the AWS SDK for JavaScript v3: node post.mjs CALLBACK_URL CONNECTION_ID TEXT
import { ApiGatewayManagementApiClient, PostToConnectionCommand } from '@aws-sdk/client-apigatewaymanagementapi';

const [endpoint, ConnectionId, text] = process.argv.slice(2);
await new ApiGatewayManagementApiClient({ endpoint }).send(
  new PostToConnectionCommand({ ConnectionId, Data: Buffer.from(text) }),
);
console.log('posted');
