/**
 * Rules of dependency-cruiser for the rooms of a folder. A room is a file or a subfolder; it may import only rooms on
 * lower floors. `floors` lists them from the lowest up.
 */
const pattern = (folder, names) => `^${folder}/(${names.join('|')})(/|\\.ts$)`;

exports.rooms = (folder, floors) => [
  {
    name: `${folder}-has-a-place`,
    severity: 'error',
    comment: 'A new room needs a floor in .dependency-cruiser.cjs.',
    from: {path: `^${folder}/`, pathNot: pattern(folder, floors.flat())},
    to: {},
  },
  ...floors.flatMap((floor, height) =>
    floor.map(room => ({
      name: `${folder}/${room}-looks-down`,
      severity: 'error',
      comment: 'A room imports only rooms below it.',
      from: {path: pattern(folder, [room])},
      to: {path: `^${folder}/`, pathNot: pattern(folder, [room, ...floors.slice(0, height).flat()])},
    })),
  ),
];
