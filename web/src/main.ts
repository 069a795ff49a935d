import { start } from './app/start.ts';
import { connect } from './worker/connect.ts';

const target = document.getElementById('app');
if (target) void start(connect(), target);
