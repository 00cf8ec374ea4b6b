/** Reckons with zxcvbn apart from the page, which stays quick. It is told where the lists are, and then what is typed. */

/** What its lists lack: habits of people who write Chinese. The server knows more of them, and decides. */
const HABITS = [
  ...[
    'woaini',
    'aini',
    'nihao',
    'mima',
    'laopo',
    'laogong',
    'baobei',
    'baobao',
    'zhongguo',
    'jiayou',
    'xingfu',
    'yongyuan',
  ],
  ...['5201314', '1314520', '5211314', '7758521', '520', '521', '1314', '3344521', '147258369', '168', '888', '666'],
  ...[
    'wang',
    'li',
    'zhang',
    'liu',
    'chen',
    'yang',
    'huang',
    'zhao',
    'zhou',
    'xiaoming',
    'xiaohong',
    'wei',
    'fang',
    'jing',
  ],
];

let reckon;

self.addEventListener('message', ({ data }) => {
  if (data.core) {
    importScripts(data.core, data.common);
    const { core, 'language-common': common } = self.zxcvbnts;
    const { dictionary, adjacencyGraphs: graphs } = common;
    const options = { graphs, dictionary: { ...dictionary, habits: HABITS }, maxLength: 64 };
    reckon = new core.ZxcvbnFactory(options);
    reckon.mine = data.mine;
    return;
  }
  const { score } = reckon.check(data.text, reckon.mine);
  self.postMessage({ number: data.number, score });
});
